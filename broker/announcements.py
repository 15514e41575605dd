"""What the system tells its users while it works: `ocr.events.<job>` and `ocr.done.<job>`."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import nats.errors
import structlog
from nats.aio.msg import Msg
from nats.js.errors import NotFoundError
from pydantic import ValidationError

from broker.connection import Broker
from broker.failures import in_our_words
from contracts import subjects, topology
from contracts.errors import BrokerUnavailable
from contracts.events import JobEvent, PageDone, PageLost, job_event
from contracts.job_identity import HEADER_MESSAGE_ID
from contracts.jobs import JobSummary

log = structlog.get_logger(__name__)


class Announcements:
    """Publishes progress, and listens to progress and endings."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def tell(self, event: JobEvent) -> None:
        """Publishes progress, which the broker tells once, whoever else publishes the same. Best
        effort: a lost event costs a step of a progress bar."""
        identity = event.identity()
        try:
            await self._broker.client.publish(
                subjects.event_log(event.job_id),
                job_event.dump_json(event),
                headers={HEADER_MESSAGE_ID: identity} if identity is not None else None,
            )
        except nats.errors.Error as lost:
            log.debug("an event was lost", job_id=event.job_id, error=type(lost).__name__)

    async def pages_told(self, job_id: str) -> int:
        """Of how many pages of a job it was told that they have ended, as far as is known.

        Best effort: in doubt some are told again."""
        # The stream is in the broker's memory, and may be gone; no job waits for that.
        with contextlib.suppress(ValidationError, NotFoundError, BrokerUnavailable):
            with in_our_words("reading a job's progress"):
                found = await self._broker.jetstream.get_last_msg(
                    topology.EVENTS, subjects.event_log(job_id), direct=True
                )
            event = job_event.validate_json(found.data or b"")
            if isinstance(event, PageDone | PageLost):
                return event.done
        return 0

    @asynccontextmanager
    async def events(self) -> AsyncIterator["asyncio.Queue[JobEvent]"]:
        """A queue that fills with the progress of all jobs from now on."""
        async with self._listen(subjects.EVENTS_ALL, job_event.validate_json) as queue:
            yield queue

    @asynccontextmanager
    async def endings(self) -> AsyncIterator["asyncio.Queue[JobSummary]"]:
        """A queue that fills with the summary of each job that ends from now on, one a job."""
        async with self._listen(subjects.DONE_ALL, JobSummary.model_validate_json) as queue:
            yield queue

    @asynccontextmanager
    async def _listen[T](
        self, subject: str, parse: Callable[[bytes], T]
    ) -> AsyncIterator["asyncio.Queue[T]"]:
        queue: asyncio.Queue[T] = asyncio.Queue()

        async def receive(message: Msg) -> None:
            try:
                queue.put_nowait(parse(message.data))
            except ValidationError:
                log.warning("not one of our announcements", subject=message.subject)

        with in_our_words(f"subscribing to {subject}"):
            subscription = await self._broker.client.subscribe(subject, cb=receive)
            try:
                await self._broker.client.flush()
            except nats.errors.ConnectionClosedError:
                # On the next connection nats-py subscribes again, before all else.
                if self._broker.client.is_closed:
                    raise
        try:
            yield queue
        finally:
            if self._broker.client.is_connected:
                await subscription.unsubscribe()
