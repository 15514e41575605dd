"""One page from its delivery to its settlement: read, publish the result, settle. In this order."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from broker.connection import Broker
from broker.job_marks import JobMarks
from broker.object_reading import ObjectMissing
from broker.page_queue import PageDelivery
from broker.results import Results
from contracts.errors import (
    EngineUnavailable,
    MessageUndecodable,
    OcrError,
    PermanentError,
)
from contracts.pages import PageResult, PageTask
from faults.fail_points import fail_point
from ocr_node.activity import Activity
from ocr_node.disposition import (
    Failed,
    Finish,
    GiveUp,
    Outcome,
    Read,
    RetryPolicy,
    TryAgain,
    decide,
    may_begin,
)
from ocr_node.lease import Lease, lease
from ocr_node.page_ending import PageEnding
from ocr_node.reader import Reader
from ocr_node.reused_readings import ReusedReadings
from tracing.work import failed as work_failed
from tracing.work import note, work

log = structlog.get_logger(__name__)

# Beside reading: fetching a large image, starting a fresh engine, publishing the result.
_LEASE_MARGIN_S: Final = 60.0


class PageWork:
    """What a node does with a page in its hands."""

    def __init__(
        self,
        broker: Broker,
        *,
        reader: Reader,
        activity: Activity,
        worker: str,
        page_timeout_s: float,
        retry: RetryPolicy,
        renew_every_s: float,
        reused: ReusedReadings | None = None,
    ) -> None:
        self._reused = reused
        self._reader = reader
        self._activity = activity
        self._worker = worker
        self._lease_ends_after_s = page_timeout_s + _LEASE_MARGIN_S
        self._retry = retry
        self._renew_every_s = renew_every_s
        self._results = Results(broker)
        self._ending = PageEnding(broker, worker=worker, retry=retry)
        self._marks = JobMarks(broker)

    async def handle(
        self, page: PageDelivery, *, engine_is_free: Callable[[], None] = lambda: None
    ) -> None:
        """Reads the page and settles it. `engine_is_free` is called once it has been read, and what
        is left is to store the result. Raises: BrokerUnavailable: not settled, and handed over
        again; EngineUnavailable: not settled, and nothing of it was begun."""
        with work("read page", kind="consumer", parent=page.trace, about=page.about()):
            note(worker=self._worker, engine=self._reader.engine_name)
            try:
                await self._handle(page, engine_is_free)
            except (OcrError, TimeoutError):
                raise
            except Exception as wrong:
                # It comes again, to another node too, until its attempts are spent.
                log.exception("a page failed for a reason that is ours", worker=self._worker)
                work_failed(str(wrong))

    async def _handle(self, page: PageDelivery, engine_is_free: Callable[[], None]) -> None:
        fail_point("node.page_delivered")
        async with lease(
            page.delivery,
            renew_every_s=self._renew_every_s,
            ends_after_s=self._lease_ends_after_s,
        ) as held:
            attempt = await self._attempt_number(page)
            if attempt is None:
                await page.finish()
                return
            note(attempt=attempt)
            try:
                task = await page.task()
            except (MessageUndecodable, ObjectMissing) as wrong:
                await self._ending.end_unread(page, attempt=attempt, wrong=wrong)
                return
            await self._read_and_settle(page, task, held, engine_is_free, attempt=attempt)

    async def _attempt_number(self, page: PageDelivery) -> int | None:
        """Which attempt at the page this is, from 1; None if the page has its result already."""
        identity = page.identity()
        number = page.delivery.number
        if number == 1 or identity is None:
            return number
        job_id, page_index = identity
        if await self._results.has_page(job_id=job_id, page_index=page_index):
            log.info("page has its result already", job_id=job_id, page_index=page_index)
            return None
        # Given back before it was begun: the queue counts that as a hand-over.
        return number - await self._marks.returned(job_id, page_index)

    async def _read_and_settle(
        self,
        page: PageDelivery,
        task: PageTask,
        held: Lease,
        engine_is_free: Callable[[], None],
        *,
        attempt: int,
    ) -> None:
        where = {
            "job_id": task.job_id,
            "page_index": task.page_index,
            "attempt": attempt,
            "worker": self._worker,
        }
        if not may_begin(attempt=attempt, policy=self._retry):
            reason = (
                f"given up after {attempt - 1} attempts, each of which ended with its node; "
                "see the nodes' logs, they may be short of memory"
            )
            failed = self._ending.failed(task, attempt=attempt - 1, error=reason, duration_ms=0.0)
            await self._ending.give_up(page, task, failed, where)
            return
        result, outcome = await self._attempt(task, held, attempt=attempt)
        held.engine_is_done()
        engine_is_free()
        fail_point("node.page_read")
        match decide(outcome, attempt=attempt, policy=self._retry):
            case Finish():
                await self._ending.publish(result)
                fail_point("node.result_published")
                await page.finish()
                note(outcome="read")
                log.info("page read", duration_ms=result.duration_ms, **where)
            case TryAgain(delay_s=delay_s):
                reason = outcome.reason if isinstance(outcome, Failed) else ""
                note(outcome="returned")
                work_failed(reason)
                log.warning("page returned to the queue", delay_s=delay_s, reason=reason, **where)
                await page.delivery.nak(delay_s)
            case GiveUp(reason=reason):
                failed = self._ending.failed(
                    task, attempt=attempt, error=reason, duration_ms=result.duration_ms
                )
                await self._ending.give_up(page, task, failed, where)

    async def _attempt(
        self, task: PageTask, held: Lease, *, attempt: int
    ) -> tuple[PageResult, Outcome]:
        """One engine run. The result is the one to publish, should it come to that."""
        clock = asyncio.get_running_loop().time
        started = clock()
        key = await self._reused.key(task) if self._reused is not None else None
        if self._reused is not None and key is not None:
            known = await self._reused.find(key, task, worker=self._worker, attempt=attempt)
            if known is not None:
                return known, Read()
        try:
            # The door may have the engine, for one page at most.
            async with self._reader.turn:
                started = clock()
                held.attempt_begins(ends_after_s=self._lease_ends_after_s)
                with self._activity.page(job_id=task.job_id, page_number=task.page_index + 1):
                    read = await self._reader.read(task, attempt=attempt)
            if self._reused is not None and key is not None:
                await self._reused.keep(key, read)
            return read, Read()
        except EngineUnavailable:
            raise
        except OcrError as wrong:
            duration_ms = round((clock() - started) * 1000.0, 3)
            failed = self._ending.failed(
                task, attempt=attempt, error=str(wrong), duration_ms=duration_ms
            )
            return failed, Failed(reason=str(wrong), permanent=isinstance(wrong, PermanentError))
