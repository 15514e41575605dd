"""Work that waits while nobody asks for it."""

import asyncio
from dataclasses import dataclass

from nats.js.errors import NotFoundError

from broker.connection import Broker
from broker.failures import in_our_words
from contracts.topology import Topology


@dataclass(frozen=True, kw_only=True)
class Unserved:
    """A consumer with `messages` to hand over, none in hand, and nobody who asks."""

    stream: str
    consumer: str
    messages: int


async def unserved(broker: Broker, topology: Topology) -> list[Unserved]:
    """All such consumers, in the topology's order. Raises: BrokerUnavailable."""

    async def look(stream: str, name: str) -> Unserved | None:
        with in_our_words("looking at the queues"):
            try:
                info = await broker.jetstream.consumer_info(stream, name)
            except NotFoundError:
                return None
        waiting = info.num_pending or 0
        if waiting and not info.num_waiting and not info.num_ack_pending:
            return Unserved(stream=stream, consumer=name, messages=waiting)
        return None

    found = await asyncio.gather(*(look(each.stream, each.name) for each in topology.consumers))
    return [each for each in found if each is not None]
