"""How a page ends: with what was read, or with the reason why it is given up."""

from datetime import UTC, datetime
from typing import Any, Final

import structlog

from broker.connection import Broker
from broker.dead_page_store import DeadPageStore
from broker.job_marks import JobMarks
from broker.job_store import JobStore
from broker.object_reading import ObjectMissing
from broker.page_queue import PageDelivery
from broker.publishing import MessageTooLarge
from broker.results import Results
from contracts.dead_pages import DeadPageRecord
from contracts.errors import MessageUndecodable, SchemaVersionUnknown
from contracts.pages import PageFailed, PageResult, PageSucceeded, PageTask
from faults.fail_points import fail_point
from layout.known_page import page_of_known_lines
from ocr_node.disposition import Failed, RetryPolicy, TryAgain, decide
from tracing.work import failed as work_failed
from tracing.work import note

log = structlog.get_logger(__name__)

# A page of a newer release comes back so late that a fleet has the time to be upgraded: the queue
# hands it over twenty times (topology.MAX_RETURNS) before it is kept as a dead page.
_FOR_ANOTHER_RELEASE_S: Final = 60.0


class PageEnding:
    """Stores the ends of pages, and settles those that are given up. `worker`: the node's name."""

    def __init__(self, broker: Broker, *, worker: str, retry: RetryPolicy) -> None:
        self._worker = worker
        self._retry = retry
        self._results = Results(broker)
        self._dead_pages = DeadPageStore(broker)
        self._jobs = JobStore(broker)
        self._marks = JobMarks(broker)

    def failed(self, task: PageTask, *, attempt: int, error: str, duration_ms: float) -> PageFailed:
        """The result of a page that could not be read."""
        return PageFailed(
            job_id=task.job_id,
            page_index=task.page_index,
            error=error,
            width_px=task.width_px,
            height_px=task.height_px,
            dpi=task.dpi,
            worker=self._worker,
            attempts=attempt,
            duration_ms=duration_ms,
        )

    async def give_up(
        self, page: PageDelivery, task: PageTask | None, failed: PageFailed, where: dict[str, Any]
    ) -> None:
        """Keeps the page, stores that it failed, or what was known of it before and what is
        missing, and ends its delivery. `task`: None if there is nothing to read it from; its
        message may tell known lines all the same. Raises: BrokerUnavailable, StoreFull."""
        note(outcome="given up")
        work_failed(failed.error)
        log.warning("page given up", reason=failed.error, **where)
        if not await self._jobs.is_open(failed.job_id):
            # Its job has ended without it: nobody asks for the page.
            await page.delivery.term(failed.error)
            return
        record = DeadPageRecord(
            job_id=failed.job_id,
            page_index=failed.page_index,
            reason=failed.error,
            attempts=failed.attempts,
            worker=failed.worker,
            died_at=datetime.now(UTC),
            task=task,
        )
        await self._dead_pages.keep(record)
        fail_point("node.dead_page_kept")
        told = page.told if task is None else task
        await self.publish(failed if told is None else page_of_known_lines(told, failed))
        fail_point("node.failure_published")
        await page.delivery.term(failed.error)

    async def end_unread(
        self, page: PageDelivery, *, attempt: int, wrong: MessageUndecodable | ObjectMissing
    ) -> None:
        """Ends a page of which there is no task, or no image: its place says whose it is. What its
        message tells of its text is kept."""
        identity, reason = page.identity(), str(wrong)
        where: dict[str, Any] = {"subject": page.delivery.subject, "worker": self._worker}
        if identity is None:
            log.warning("a message of nobody's was removed", reason=reason, **where)
            await page.delivery.term(reason)
            return
        job_id, page_index = identity
        if await self._results.has_page(job_id=job_id, page_index=page_index):
            await page.finish()  # a second copy: the first one's image went with its ack
            return
        if isinstance(wrong, SchemaVersionUnknown):
            # A node of another release can read it. No attempt has begun, and none is spent.
            log.warning("a page is left to a node of another release", reason=reason, **where)
            await self._marks.note_returned(job_id, page_index, number=page.delivery.number)
            await page.delivery.nak(_FOR_ANOTHER_RELEASE_S)
            return
        # An image may be put anew.
        outcome = Failed(reason=reason, permanent=not isinstance(wrong, ObjectMissing))
        match decide(outcome, attempt=attempt, policy=self._retry):
            case TryAgain(delay_s=delay_s):
                log.warning("page returned to the queue", reason=reason, **where)
                await page.delivery.nak(delay_s)
                return
        failed = PageFailed(
            job_id=job_id,
            page_index=page_index,
            error=reason,
            width_px=page.told.width_px if page.told else 0,
            height_px=page.told.height_px if page.told else 0,
            dpi=page.told.dpi if page.told else 0,
            worker=self._worker,
            attempts=attempt,
        )
        await self.give_up(page, None, failed, where)

    async def publish(self, result: PageResult) -> None:
        """Stores the result, or that it is too large to be stored."""
        try:
            await self._results.publish(result)
        except MessageTooLarge as wrong:
            if not isinstance(result, PageSucceeded):
                raise
            too_large = PageFailed(
                job_id=result.job_id,
                page_index=result.page_index,
                error=f"the result of page {result.page_index + 1} is too large: {wrong}",
                dpi=result.dpi,
                worker=result.worker,
                attempts=result.attempts,
                duration_ms=result.duration_ms,
            )
            await self._results.publish(too_large)
