"""Whether the services have made their streams on a broker, for those who only ask."""

from typing import Final

from nats.js.errors import NotFoundError

from broker.connection import Broker
from broker.failures import in_our_words
from contracts import topology
from contracts.errors import BrokerUnsuitable

# Made after all streams and object buckets (broker.apply_topology).
_LAST: Final = f"KV_{topology.JOBS}"


async def must_be_set_up(broker: Broker) -> None:
    """Raises: BrokerUnsuitable if no service has ever run against the broker; BrokerUnavailable."""
    with in_our_words("looking for the system's streams"):
        try:
            await broker.jetstream.stream_info(_LAST)
        except NotFoundError:
            raise BrokerUnsuitable(
                "the broker has no streams of distributed-ocr: nothing would read a document; "
                "start 'docr ingest', 'docr node' and 'docr aggregator' against it first"
            ) from None
