"""A node: pulls pages, has them read, publishes results, settles deliveries. In this order."""

import asyncio
from dataclasses import dataclass
from typing import Final

import structlog

from broker.connection import Broker
from broker.objects import ObjectMissing
from broker.page_queue import PageDelivery, PagePuller
from broker.publishing import MessageTooLarge
from broker.results import Results
from contracts.errors import (
    BrokerUnavailable,
    EngineUnavailable,
    MessageUndecodable,
    OcrError,
    PermanentError,
    StoreFull,
)
from contracts.pages import PageFailed, PageResult, PageSucceeded, PageTask
from ocr_node.disposition import (
    Failed,
    Finish,
    GiveUp,
    Outcome,
    Read,
    RetryPolicy,
    TryAgain,
    decide,
)
from ocr_node.lease import lease
from ocr_node.reader import Reader

log = structlog.get_logger(__name__)

# Beside reading: fetching a large image, starting a fresh engine, publishing the result.
_LEASE_MARGIN_S: Final = 60.0
# Storing a result is worth waiting for: the page has been paid for.
_PUBLISH_PATIENCE_S: Final = 30.0


@dataclass(frozen=True, kw_only=True)
class NodeSettings:
    """How a node works. `name` stands in every result of this node."""

    name: str
    page_timeout_s: float
    retry: RetryPolicy
    # A third of the consumer's ack_wait of 30 s: two renewals may be lost.
    renew_every_s: float = 10.0


class Node:
    """One engine and the loop that feeds it."""

    def __init__(self, broker: Broker, *, reader: Reader, settings: NodeSettings) -> None:
        self._broker = broker
        self._reader = reader
        self._settings = settings
        self._results = Results(broker)
        self.pages_read = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set; a page that it holds then is finished first.

        Cancelling it gives up that page, which is handed to another node.
        Raises: EngineUnavailable if the engine cannot start.
        """
        try:
            await self._reader.start()
            async with PagePuller(self._broker) as puller:
                log.info("node is ready", worker=self._settings.name)
                while not stop.is_set():
                    try:
                        delivery = await puller.pull()
                        if delivery is not None:
                            await self._handle(delivery)
                    except (BrokerUnavailable, StoreFull) as wait:
                        # Nothing is lost: what was not settled is handed over again.
                        log.debug("node waits", worker=self._settings.name, reason=str(wait))
        finally:
            await self._reader.stop()

    async def _handle(self, page: PageDelivery) -> None:
        ends_after_s = self._settings.page_timeout_s + _LEASE_MARGIN_S
        async with lease(
            page.delivery, renew_every_s=self._settings.renew_every_s, ends_after_s=ends_after_s
        ):
            try:
                task = await page.task()
            except (MessageUndecodable, ObjectMissing) as wrong:
                await self._give_up_unread(page, reason=str(wrong))
                return
            await self._read_and_settle(page, task)

    async def _read_and_settle(self, page: PageDelivery, task: PageTask) -> None:
        attempt = page.delivery.attempt
        where = {
            "job_id": task.job_id,
            "page_index": task.page_index,
            "attempt": attempt,
            "worker": self._settings.name,
        }
        result, outcome = await self._attempt(task, attempt=attempt)
        match decide(outcome, attempt=attempt, policy=self._settings.retry):
            case Finish():
                if await self._publish(result):
                    self.pages_read += 1
                await page.delivery.ack()
                log.info("page read", duration_ms=result.duration_ms, **where)
            case TryAgain(delay_s=delay_s):
                reason = outcome.reason if isinstance(outcome, Failed) else ""
                log.warning("page returned to the queue", delay_s=delay_s, reason=reason, **where)
                await page.delivery.nak(delay_s)
            case GiveUp(reason=reason):
                log.warning("page given up", reason=reason, **where)
                await self._publish(result.model_copy(update={"error": reason}))
                await page.delivery.term(reason)

    async def _attempt(self, task: PageTask, *, attempt: int) -> tuple[PageResult, Outcome]:
        """One engine run. The result is the one to publish, should it come to that."""
        clock = asyncio.get_running_loop().time
        started = clock()
        try:
            return await self._reader.read(task, attempt=attempt), Read()
        except EngineUnavailable:
            raise  # this node cannot read anything: its supervisor must know, and others take over
        except OcrError as wrong:
            failed = PageFailed(
                job_id=task.job_id,
                page_index=task.page_index,
                error=str(wrong),
                width_px=task.width_px,
                height_px=task.height_px,
                dpi=task.dpi,
                worker=self._settings.name,
                attempts=attempt,
                duration_ms=round((clock() - started) * 1000.0, 3),
            )
            return failed, Failed(reason=str(wrong), permanent=isinstance(wrong, PermanentError))

    async def _publish(self, result: PageResult) -> bool:
        try:
            return await self._results.publish(result, give_up_after_s=_PUBLISH_PATIENCE_S)
        except MessageTooLarge as wrong:
            if isinstance(result, PageSucceeded):
                too_large = PageFailed(
                    job_id=result.job_id,
                    page_index=result.page_index,
                    error=f"the result of page {result.page_index + 1} is too large: {wrong}",
                    dpi=result.dpi,
                    worker=result.worker,
                    attempts=result.attempts,
                    duration_ms=result.duration_ms,
                )
                return await self._results.publish(too_large, give_up_after_s=_PUBLISH_PATIENCE_S)
            raise

    async def _give_up_unread(self, page: PageDelivery, *, reason: str) -> None:
        identity = page.identity()
        log.warning("a message cannot be worked on", subject=page.delivery.subject, reason=reason)
        if identity is not None:
            job_id, page_index = identity
            await self._results.publish(
                PageFailed(
                    job_id=job_id,
                    page_index=page_index,
                    error=reason,
                    worker=self._settings.name,
                    attempts=page.delivery.attempt,
                ),
                give_up_after_s=_PUBLISH_PATIENCE_S,
            )
        await page.delivery.term(reason)
