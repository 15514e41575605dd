"""What on the broker is not as the settings want it: asked for, never changed."""

from collections.abc import AsyncIterator
from typing import Any

from nats.js import api
from nats.js.errors import NotFoundError

from broker.connection import Broker
from broker.failures import in_our_words
from broker.stream_configs import bucket_config, consumer_config, stream_config
from contracts.topology import Topology


async def drifts(broker: Broker, topology: Topology) -> AsyncIterator[str]:
    """A phrase for each stream, bucket or consumer that is missing or set differently, what is
    there first. Raises: BrokerUnavailable."""
    with in_our_words("comparing streams"):
        for stream in topology.streams:
            found = await _stream(broker, stream.name)
            asked = stream_config(stream, topology.replicas)
            if (phrase := _compared(f"stream {stream.name}", found, asked)) is not None:
                yield phrase
        for prefix, specs in (("OBJ", topology.buckets), ("KV", topology.key_values)):
            for spec in specs:
                held = await _stream(broker, f"{prefix}_{spec.name}")
                wanted = bucket_config(held, spec, topology.replicas) if held is not None else None
                if (phrase := _compared(f"bucket {spec.name}", held, wanted)) is not None:
                    yield phrase
        for consumer in topology.consumers:
            name = f"consumer {consumer.name} of {consumer.stream}"
            try:
                info = await broker.jetstream.consumer_info(consumer.stream, consumer.name)
            except NotFoundError:
                yield f"{name} is missing"
                continue
            if (phrase := _compared(name, info.config, consumer_config(consumer))) is not None:
                yield phrase


async def _stream(broker: Broker, name: str) -> api.StreamConfig | None:
    try:
        return (await broker.jetstream.stream_info(name)).config
    except NotFoundError:
        return None


def _compared(what: str, found: api.Base | None, wanted: api.Base | None) -> str | None:
    if found is None or wanted is None:
        return f"{what} is missing"
    differences = [
        f"{name} is {_shown(is_)}, not {_shown(should)}"
        for name, should in vars(wanted).items()
        # What we leave open is the server's to fill in.
        if should is not None and (is_ := getattr(found, name)) != should
        and not (is_ is None and not should)
    ]  # fmt: skip
    return f"{what}: {', '.join(differences)}" if differences else None


def _shown(value: Any) -> str:
    return str(value.value if isinstance(value, api.RetentionPolicy | api.DiscardPolicy) else value)
