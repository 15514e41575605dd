"""Makes streams, consumers and buckets what `contracts.topology` says, idempotently."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Final

from nats.js import api
from nats.js.errors import BucketNotFoundError, NotFoundError, ServerError

from broker.connection import Broker
from broker.failures import in_our_words
from contracts.topology import BucketSpec, ConsumerSpec, KeyValueSpec, StreamSpec, Topology

# The server's default; it refuses one that is longer than messages live.
_DUPLICATES_S: Final = 120.0
# "error creating store for stream": files of a removed namesake are still there, for a moment.
_STORE_NOT_CREATED: Final = 10049
_STILL_REMOVING_PAUSES_S: Final = (0.1, 0.3, 1.0)


async def apply_topology(broker: Broker, topology: Topology) -> None:
    """Creates what is missing, updates what may be updated. Safe to call by many at once.

    Raises: BrokerUnavailable, StoreFull.
    """
    with in_our_words("setting up streams"):
        for stream in topology.streams:
            await _apply_stream(broker, _stream_config(stream, topology.replicas))
        for bucket in topology.buckets:
            try:
                await broker.jetstream.object_store(bucket.name)
            except (BucketNotFoundError, NotFoundError):
                config = api.ObjectStoreConfig(
                    bucket=bucket.name,
                    max_bytes=bucket.max_bytes,
                    ttl=max(bucket.ttl_s, _DUPLICATES_S),  # until it is tuned
                    replicas=topology.replicas,
                )
                await _made(partial(broker.jetstream.create_object_store, bucket.name, config))
            await _tune(broker, f"OBJ_{bucket.name}", bucket, topology.replicas)
        for consumer in topology.consumers:
            # add_consumer updates an existing one to these settings, all but the fixed ones.
            await broker.jetstream.add_consumer(consumer.stream, _consumer_config(consumer))
        for values in topology.key_values:
            try:
                await broker.jetstream.key_value(values.name)
            except (BucketNotFoundError, NotFoundError):
                held = api.KeyValueConfig(
                    bucket=values.name,
                    max_bytes=values.max_bytes,
                    ttl=max(values.ttl_s, _DUPLICATES_S),
                    history=1,
                    replicas=topology.replicas,
                    storage=_storage(in_memory=values.in_memory),
                )
                await _made(partial(broker.jetstream.create_key_value, held))
            await _tune(broker, f"KV_{values.name}", values, topology.replicas)


def _duplicate_window_s(max_age_s: float | None) -> float:
    return min(_DUPLICATES_S, max_age_s or _DUPLICATES_S)


async def _tune(
    broker: Broker, stream: str, spec: BucketSpec | KeyValueSpec, replicas: int
) -> None:
    """Gives the stream behind a bucket what a site's settings say today."""
    config = (await broker.jetstream.stream_info(stream)).config
    wanted = config.evolve(
        max_bytes=spec.max_bytes,
        max_age=spec.ttl_s,
        duplicate_window=_duplicate_window_s(spec.ttl_s),
        num_replicas=replicas,
        allow_direct=True,
    )
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


def _stream_config(spec: StreamSpec, replicas: int) -> api.StreamConfig:
    per_subject = spec.max_msgs_per_subject
    return api.StreamConfig(
        name=spec.name,
        subjects=list(spec.subjects),
        retention=api.RetentionPolicy.WORK_QUEUE if spec.work_queue else api.RetentionPolicy.LIMITS,
        discard=api.DiscardPolicy.OLD if spec.discard_old else api.DiscardPolicy.NEW,
        discard_new_per_subject=per_subject is not None and not spec.discard_old,
        max_msgs_per_subject=per_subject if per_subject else -1,
        max_bytes=spec.max_bytes,
        max_age=spec.max_age_s,
        duplicate_window=_duplicate_window_s(spec.max_age_s),
        storage=_storage(in_memory=spec.in_memory),
        num_replicas=replicas,
        allow_direct=spec.allow_direct,
        republish=api.RePublish(src=spec.republish_from, dest=spec.republish_to)
        if spec.republish_from
        else None,
    )


def _consumer_config(spec: ConsumerSpec) -> api.ConsumerConfig:
    return api.ConsumerConfig(
        durable_name=spec.name,
        filter_subject=spec.filter_subject,
        ack_policy=api.AckPolicy.EXPLICIT,
        ack_wait=spec.ack_wait_s,
        max_deliver=spec.max_deliver,
        max_ack_pending=spec.max_ack_pending,
        max_waiting=spec.max_waiting,
        deliver_policy=api.DeliverPolicy.NEW if spec.deliver_new else api.DeliverPolicy.ALL,
    )


def _storage(*, in_memory: bool) -> api.StorageType:
    return api.StorageType.MEMORY if in_memory else api.StorageType.FILE


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
