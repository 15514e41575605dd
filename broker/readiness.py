"""Whether documents could be taken and read: the broker answers, and the topology stands."""

import asyncio
from typing import Final

from nats.js.errors import NotFoundError

from broker.connection import Broker
from broker.failures import MAKE_STREAMS, in_our_words
from contracts import topology
from contracts.errors import BrokerUnavailable

_STREAMS: Final = (
    topology.SUBMIT,
    topology.PAGES,
    topology.RESULTS,
    topology.SUMMARY,
    f"KV_{topology.JOBS}",
    f"OBJ_{topology.UPLOADS}",
    f"OBJ_{topology.OUTPUTS}",
)
_PATIENCE_S: Final = 2.0


class Readiness:
    """Asks the broker."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def check(self) -> None:
        """Raises: BrokerUnavailable, with what is missing."""
        if not self._broker.client.is_connected:
            raise BrokerUnavailable(
                "the connection to the broker is lost; see that nats-server runs"
            )
        with in_our_words("looking at the streams"):
            async with asyncio.timeout(_PATIENCE_S):
                for name in _STREAMS:
                    try:
                        await self._broker.jetstream.stream_info(name)
                    except NotFoundError:
                        raise BrokerUnavailable(
                            f"the broker has no stream {name}; {MAKE_STREAMS}"
                        ) from None
