"""Pages that the queue gave up: handed over MAX_RETRIES times, and never settled."""

import json
from dataclasses import dataclass

import structlog
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError

from broker.connection import Broker
from broker.delivery import Delivery
from broker.failures import in_our_words
from broker.page_queue import page_identity
from broker.publishing import delete_message
from broker.pull import Puller
from broker.pulling import Pulling
from contracts import topology
from contracts.codec import decode
from contracts.errors import MessageUndecodable
from contracts.pages import PageTask
from contracts.trace_context import TraceContext

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class DeadPage:
    """A page that ran out of deliveries. `task` is None when it is gone or undecodable,
    `identity` when nothing says whose it is."""

    advisory: Delivery
    task: PageTask | None
    identity: tuple[str, int] | None  # (job id, page index)
    stream_sequence: int
    deliveries: int
    trace: TraceContext | None = None


class DeadPages(Pulling):
    """Reads the server's MAX_DELIVERIES advisories, which stream DEAD captures."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        super().__init__(Puller(broker, stream=topology.DEAD, consumers=[topology.REAPER]))

    async def pull(self) -> DeadPage | None:
        """The next dead page, or None after about a second. Raises: BrokerUnavailable."""
        delivery = await self._puller.next()
        if delivery is None:
            return None
        try:
            advisory = json.loads(delivery.payload)
            sequence, deliveries = int(advisory["stream_seq"]), int(advisory["deliveries"])
        except (ValueError, TypeError, LookupError):
            log.warning("what is no advisory was removed", subject=delivery.subject)
            await delivery.ack()
            return None
        message = await self._message(sequence)
        return DeadPage(
            advisory=delivery,
            task=_task_of(message),
            identity=page_identity(message.subject or "", message.headers or {})
            if message is not None
            else None,
            stream_sequence=sequence,
            deliveries=deliveries,
            trace=TraceContext.of_headers((message.headers or {}) if message else {}),
        )

    async def _message(self, sequence: int) -> RawStreamMsg | None:
        with in_our_words("looking up a dead page"):
            try:
                return await self._broker.jetstream.get_msg(topology.PAGES, seq=sequence)
            except NotFoundError:
                return None

    async def bury(self, page: DeadPage) -> None:
        """Removes the page from the queue, where it would stay for ever, and its advisory."""
        if not await delete_message(self._broker, topology.PAGES, page.stream_sequence):
            log.debug("a dead page was gone already", stream_sequence=page.stream_sequence)
        await page.advisory.ack()


def _task_of(message: RawStreamMsg | None) -> PageTask | None:
    if message is None:
        return None
    try:
        return decode(message.data or b"", PageTask)
    except MessageUndecodable as wrong:
        log.warning("a dead page cannot be decoded", reason=str(wrong))
        return None
