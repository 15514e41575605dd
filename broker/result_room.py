"""How full the stream of results is: who makes results faster than jobs end has to look."""

from broker.connection import Broker
from broker.failures import in_our_words
from contracts import topology


async def share_used(broker: Broker) -> float:
    """Of what RESULTS may hold, 0..1; 0 where it has no bound. Raises: BrokerUnavailable."""
    with in_our_words("looking at the results"):
        info = await broker.jetstream.stream_info(topology.RESULTS)
    limit = info.config.max_bytes or 0
    return info.state.bytes / limit if limit > 0 else 0.0
