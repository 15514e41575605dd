"""What pages said, by a key of all that it depends on: stream READINGS, a cache."""

import structlog
from nats.js.errors import NotFoundError

from broker.connection import Broker
from broker.failures import in_our_words
from broker.publishing import MessageTooLarge, publish
from contracts import subjects, topology
from contracts.codec import decode, encode
from contracts.errors import BrokerUnavailable, MessageUndecodable, StoreFull
from contracts.pages import PageSucceeded

log = structlog.get_logger(__name__)


class Readings:
    """Best effort: what cannot be had is read, and what cannot be kept is not."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def find(self, key: str) -> PageSucceeded | None:
        """What is kept under a key; None if nothing is, or the broker does not say."""
        try:
            with in_our_words("looking for a reading"):
                found = await self._broker.jetstream.get_last_msg(
                    topology.READINGS, subjects.reading(key), direct=True
                )
            return decode(found.data or b"", PageSucceeded)
        except NotFoundError:
            return None
        except (BrokerUnavailable, MessageUndecodable) as wrong:
            log.debug("a reading cannot be looked for", reason=str(wrong))
            return None

    async def keep(self, key: str, reading: PageSucceeded) -> None:
        """Keeps it, if that is possible now."""
        try:
            await publish(self._broker, subjects.reading(key), encode(reading))
        except (BrokerUnavailable, StoreFull, MessageTooLarge) as wrong:
            log.debug("a reading is not kept", reason=str(wrong))
