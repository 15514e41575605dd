"""Whether what a role works with is there: asked for, never made."""

from nats.js.errors import NotFoundError

from broker.connection import Broker
from broker.failures import in_our_words
from broker.roles import Role
from contracts.errors import BrokerUnavailable
from contracts.topology import Topology


async def check_topology(broker: Broker, role: Role) -> None:
    """Raises: BrokerUnavailable with the streams and consumers that are missing."""
    missing: list[str] = []
    with in_our_words("looking at the streams"):
        for stream in role.streams:
            try:
                await broker.jetstream.stream_info(stream)
            except NotFoundError:
                missing.append(f"stream {stream}")
        for stream, consumer in role.consumers:
            if f"stream {stream}" in missing:
                continue
            try:
                await broker.jetstream.consumer_info(stream, consumer)
            except NotFoundError:
                missing.append(f"consumer {consumer} of {stream}")
    if missing:
        raise BrokerUnavailable(
            f"the broker lacks {', '.join(missing)}; run 'docr setup' as the broker's operator "
            "(OCR_TOPOLOGY=check lets no service make it)"
        )


async def forgotten(broker: Broker, topology: Topology, role: Role | None = None) -> list[str]:
    """What is missing of that which a broker forgets when it is started anew; of a `role`: as far
    as it may look. Raises: BrokerUnavailable."""
    streams = {each.name: each.name for each in topology.streams if each.in_memory}
    streams |= {f"KV_{each.name}": each.name for each in topology.key_values if each.in_memory}
    missing = []
    with in_our_words("looking at the streams"):
        for stream, name in streams.items():
            if role is not None and f"$JS.API.STREAM.INFO.{stream}" not in role.asks:
                continue
            try:
                await broker.jetstream.stream_info(stream)
            except NotFoundError:
                missing.append(name)
    return missing
