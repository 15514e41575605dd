"""Results of pages: stream RESULTS, one message a page, the first writer wins."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from nats.js import api
from nats.js.errors import NotFoundError

from broker.connection import Broker
from broker.failures import in_our_words
from broker.publishing import publish_first
from broker.pull import Puller
from broker.purging import purge
from broker.stored_messages import last_message
from broker.stream_subjects import subjects_of
from contracts import subjects, topology
from contracts.codec import decode, decode_as_told, encode
from contracts.errors import BrokerUnavailable, MessageUndecodable
from contracts.jobs import DocumentFailed
from contracts.pages import PageFailed, PageResult, PageSucceeded
from contracts.trace_context import TraceContext
from tracing.work import trace_headers

log = structlog.get_logger(__name__)

# The feed's consumer goes by itself this long after its reader died.
_FEED_IDLE_S: Final = 60.0
_FEED_BATCH: Final = 256
_HEADER_STATUS: Final = "Ocr-Status"
# For progress, which is told without a look at the result itself.
_HEADER_WORKER: Final = "Ocr-Worker"
_HEADER_ATTEMPTS: Final = "Ocr-Attempts"
_HEADER_DURATION: Final = "Ocr-Duration-Ms"


@dataclass(frozen=True, kw_only=True)
class ResultArrived:
    """A result is stored. `page_index` is None when it concerns the document as a whole."""

    job_id: str
    page_index: int | None
    failed: bool
    worker: str | None = None
    attempts: int = 1
    duration_ms: float = 0.0
    trace: TraceContext | None = None


def _reading_of(result: PageResult | DocumentFailed) -> dict[str, str]:
    if isinstance(result, DocumentFailed) or result.worker is None:
        return {}
    return {
        _HEADER_WORKER: result.worker,
        _HEADER_ATTEMPTS: str(result.attempts),
        _HEADER_DURATION: str(result.duration_ms),
    }


def _arrived(job_id: str, page_index: int | None, headers: Mapping[str, str]) -> ResultArrived:
    reading: dict[str, Any] = {}
    # Results of other releases lack them.
    with contextlib.suppress(KeyError, ValueError):
        reading = {
            "attempts": int(headers[_HEADER_ATTEMPTS]),
            "duration_ms": float(headers[_HEADER_DURATION]),
            "worker": headers[_HEADER_WORKER],
        }
    return ResultArrived(
        job_id=job_id,
        page_index=page_index,
        failed=headers.get(_HEADER_STATUS) == "failed",
        trace=TraceContext.of_headers(headers),
        **reading,
    )


class Results:
    """Writes, reads and removes the results of jobs."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def publish(self, result: PageResult | DocumentFailed) -> bool:
        """Stores a result, once there is room; False if the page, or document, has one already,
        perhaps this one.

        Raises: MessageTooLarge.
        """
        subject = (
            subjects.rejection(job_id=result.job_id)
            if isinstance(result, DocumentFailed)
            else subjects.result(job_id=result.job_id, page_index=result.page_index)
        )
        failed = not isinstance(result, PageSucceeded)
        return await publish_first(
            self._broker,
            subject,
            encode(result),
            {
                _HEADER_STATUS: "failed" if failed else "success",
                **_reading_of(result),
                **trace_headers(),
            },
        )

    async def page(self, *, job_id: str, page_index: int) -> PageResult | None:
        """The stored result of a page. One that this release cannot read counts as a failed page,
        so that the job ends all the same. Raises: BrokerUnavailable."""
        return (await self.page_as_told(job_id=job_id, page_index=page_index))[0]

    async def page_as_told(
        self, *, job_id: str, page_index: int
    ) -> tuple[PageResult | None, bytes | None]:
        """As `page`, and the JSON that the node told it in, if it did."""
        payload = await self._last(subjects.result(job_id=job_id, page_index=page_index))
        if payload is None:
            return None, None
        try:
            return decode_as_told(payload, PageSucceeded, PageFailed)
        except MessageUndecodable as wrong:
            return PageFailed(job_id=job_id, page_index=page_index, error=str(wrong)), None

    async def has_page(self, *, job_id: str, page_index: int) -> bool:
        """Whether a page has its result. A node may ask that, and not what the result says.
        Raises: BrokerUnavailable."""
        subject = subjects.result(job_id=job_id, page_index=page_index)
        found = await subjects_of(
            self._broker, topology.RESULTS, subject, doing="looking for a result"
        )
        return bool(found)

    async def rejection(self, job_id: str) -> DocumentFailed | None:
        """Why the document as a whole could not be read, if so."""
        payload = await self._last(subjects.rejection(job_id=job_id))
        if payload is None:
            return None
        try:
            return decode(payload, DocumentFailed)
        except MessageUndecodable as wrong:
            return DocumentFailed(job_id=job_id, error=str(wrong))

    async def _last(self, subject: str) -> bytes | None:
        with in_our_words("reading a result"):
            try:
                found = await last_message(self._broker.jetstream, topology.RESULTS, subject)
            except NotFoundError:
                return None
        return found.data or b""

    async def purge(self, job_id: str) -> None:
        """Removes all results of a job. Raises: BrokerUnavailable."""
        await purge(
            self._broker,
            topology.RESULTS,
            subject=subjects.results_of(job_id),
            doing="removing a job's results",
        )

    async def feed(self) -> AsyncIterator[ResultArrived | None]:
        """Every stored result from the oldest on, then new ones as they come; None when idle.

        Only subjects travel, not results. The stream itself is the aggregator's memory: results of
        unfinished jobs are all that it holds, so a reader that starts, or whose consumer went with
        the broker, begins at the oldest again. (After a kill of the broker, results that were
        removed may be there again: docs/adr/0006-what-was-removed-may-come-back.md.)
        """
        while True:
            try:
                consumer = await self._feed_consumer()
                async with Puller(
                    self._broker,
                    stream=topology.RESULTS,
                    consumers=[consumer],
                    batch=_FEED_BATCH,
                    keep_alive_s=None,
                ) as puller:
                    while puller.consumer_answers:
                        delivery = await puller.next()
                        if delivery is None:
                            yield None
                            continue
                        try:
                            job_id, page_index = subjects.result_key(delivery.subject)
                        except ValueError:
                            await self._remove_foreign(delivery.subject)
                            continue
                        yield _arrived(job_id, page_index, delivery.headers)
            except BrokerUnavailable as away:
                log.debug("the feed of results waits", reason=str(away))
                await asyncio.sleep(0.2)
            yield None

    async def _remove_foreign(self, subject: str) -> None:
        log.warning("a message that is no result was removed", subject=subject)
        await purge(
            self._broker, topology.RESULTS, subject=subject, doing="removing what is no result"
        )

    async def _feed_consumer(self) -> str:
        with in_our_words("opening the feed of results"):
            info = await self._broker.jetstream.add_consumer(
                topology.RESULTS,
                api.ConsumerConfig(
                    filter_subject=subjects.RESULTS_ALL,
                    deliver_policy=api.DeliverPolicy.ALL,
                    ack_policy=api.AckPolicy.NONE,
                    headers_only=True,
                    inactive_threshold=_FEED_IDLE_S,
                    mem_storage=True,
                ),
            )
        return info.name
