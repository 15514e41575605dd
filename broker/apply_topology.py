"""Makes streams, consumers and buckets what `contracts.topology` says, idempotently."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Final

from nats.js import api
from nats.js.errors import BucketNotFoundError, NotFoundError, ServerError

from broker.connection import Broker
from broker.failures import in_our_words
from broker.stream_configs import (
    DUPLICATES_S,
    bucket_config,
    consumer_config,
    storage_of,
    stream_config,
)
from contracts.errors import BrokerUnavailable
from contracts.topology import BucketSpec, KeyValueSpec, Topology

# "error creating store for stream": files of a removed namesake are still there, for a moment.
_STORE_NOT_CREATED: Final = 10049
_STILL_REMOVING_PAUSES_S: Final = (0.1, 0.3, 1.0)


async def apply_topology(broker: Broker, topology: Topology) -> None:
    """Creates what is missing, updates what may be updated. Safe to call by many at once.

    Raises: BrokerUnavailable, StoreFull.
    """
    with in_our_words("setting up streams"), _not_everywhere_yet():
        for stream in topology.streams:
            await _apply_stream(broker, stream_config(stream, topology.replicas))
        for bucket in topology.buckets:
            try:
                await broker.jetstream.object_store(bucket.name)
            except (BucketNotFoundError, NotFoundError):
                config = api.ObjectStoreConfig(
                    bucket=bucket.name,
                    max_bytes=bucket.max_bytes,
                    ttl=max(bucket.ttl_s, DUPLICATES_S),  # until it is tuned
                    replicas=topology.replicas,
                )
                await _made(partial(broker.jetstream.create_object_store, bucket.name, config))
            await _tune(broker, f"OBJ_{bucket.name}", bucket, topology.replicas)
        for consumer in topology.consumers:
            # add_consumer updates an existing one to these settings, all but the fixed ones.
            await broker.jetstream.add_consumer(consumer.stream, consumer_config(consumer))
        for values in topology.key_values:
            try:
                await broker.jetstream.key_value(values.name)
            except (BucketNotFoundError, NotFoundError):
                held = api.KeyValueConfig(
                    bucket=values.name,
                    max_bytes=values.max_bytes,
                    ttl=max(values.ttl_s, DUPLICATES_S),
                    history=1,
                    replicas=topology.replicas,
                    storage=storage_of(in_memory=values.in_memory),
                )
                await _made(partial(broker.jetstream.create_key_value, held))
            await _tune(broker, f"KV_{values.name}", values, topology.replicas)


@contextmanager
def _not_everywhere_yet() -> Iterator[None]:
    """Of three brokers, one may not know yet of a stream that another has told of.

    Raises: BrokerUnavailable then, for another attempt.
    """
    try:
        yield
    except NotFoundError as unknown:
        raise BrokerUnavailable(
            f"the brokers do not agree yet on their streams ({unknown.description}); try again in "
            "a moment"
        ) from unknown


async def _tune(
    broker: Broker, stream: str, spec: BucketSpec | KeyValueSpec, replicas: int
) -> None:
    """Gives the stream behind a bucket what a site's settings say today."""
    config = (await broker.jetstream.stream_info(stream)).config
    wanted = bucket_config(config, spec, replicas)
    if wanted != config:
        await broker.jetstream.update_stream(wanted)


async def _apply_stream(broker: Broker, config: api.StreamConfig) -> None:
    try:
        await broker.jetstream.stream_info(config.name or "")
    except NotFoundError:
        await _made(lambda: broker.jetstream.add_stream(config))
    else:
        await broker.jetstream.update_stream(config)


async def _made[T](make: Callable[[], Awaitable[T]]) -> T:
    """What `make` creates. A server that is still removing the files of an asset of the same name
    refuses for a moment."""
    for pause_s in _STILL_REMOVING_PAUSES_S:
        try:
            return await make()
        except ServerError as refused:
            if refused.err_code != _STORE_NOT_CREATED:
                raise
            await asyncio.sleep(pause_s)
    return await make()


async def apply_memory(broker: Broker, topology: Topology) -> None:
    """Creates again what a broker forgets when it is started anew: streams in its memory.

    Raises: as apply_topology.
    """
    await apply_topology(
        broker,
        replace(
            topology,
            streams=tuple(each for each in topology.streams if each.in_memory),
            consumers=(),
            buckets=(),
            key_values=tuple(each for each in topology.key_values if each.in_memory),
        ),
    )
