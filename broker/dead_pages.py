"""Pages that the queue gave up: handed over MAX_RETRIES times, and never settled."""

import json
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import structlog
from nats.js.errors import NotFoundError

from broker.connection import Broker
from broker.delivery import Delivery
from broker.failures import in_our_words
from broker.publishing import delete_message
from broker.pull import Puller
from contracts import topology
from contracts.codec import decode
from contracts.errors import MessageUndecodable
from contracts.pages import PageTask

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class DeadPage:
    """A page that ran out of deliveries. `task` is None when it is gone or undecodable."""

    advisory: Delivery
    task: PageTask | None
    stream_sequence: int
    deliveries: int


class DeadPages:
    """Reads the server's MAX_DELIVERIES advisories, which stream DEAD captures."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._puller = Puller(broker, stream=topology.DEAD, consumers=[topology.REAPER])

    async def pull(self) -> DeadPage | None:
        """The next dead page, or None after about a second. Raises: BrokerUnavailable."""
        delivery = await self._puller.next()
        if delivery is None:
            return None
        advisory = json.loads(delivery.payload)
        sequence = int(advisory["stream_seq"])
        return DeadPage(
            advisory=delivery,
            task=await self._task(sequence),
            stream_sequence=sequence,
            deliveries=int(advisory["deliveries"]),
        )

    async def _task(self, sequence: int) -> PageTask | None:
        with in_our_words("looking up a dead page"):
            try:
                found = await self._broker.jetstream.get_msg(topology.PAGES, seq=sequence)
            except NotFoundError:
                return None
        try:
            return decode(found.data or b"", PageTask)
        except MessageUndecodable as wrong:
            log.warning("a dead page cannot be decoded", reason=str(wrong))
            return None

    async def bury(self, page: DeadPage) -> None:
        """Removes the page from the queue, where it would stay for ever, and its advisory."""
        if not await delete_message(self._broker, topology.PAGES, page.stream_sequence):
            log.debug("a dead page was gone already", stream_sequence=page.stream_sequence)
        await page.advisory.ack()

    async def __aenter__(self) -> Self:
        await self._puller.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._puller.__aexit__(kind, value, trace)
