"""Specifications of contracts.topology in the words of JetStream."""

from typing import Final

from nats.js import api

from contracts.topology import BucketSpec, ConsumerSpec, KeyValueSpec, StreamSpec

# The server's default; it refuses one that is longer than messages live.
DUPLICATES_S: Final = 120.0


def duplicate_window_s(max_age_s: float | None) -> float:
    """For how long the server knows a message again by its id."""
    return min(DUPLICATES_S, max_age_s or DUPLICATES_S)


def bucket_config(
    held: api.StreamConfig, spec: BucketSpec | KeyValueSpec, replicas: int
) -> api.StreamConfig:
    """What the stream behind a bucket should be, for a site's settings of today."""
    return held.evolve(
        max_bytes=spec.max_bytes,
        max_age=spec.ttl_s,
        duplicate_window=duplicate_window_s(spec.ttl_s),
        num_replicas=replicas,
        allow_direct=True,
    )


def stream_config(spec: StreamSpec, replicas: int) -> api.StreamConfig:
    """Of a stream of ours."""
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
        duplicate_window=duplicate_window_s(spec.max_age_s),
        storage=storage_of(in_memory=spec.in_memory),
        num_replicas=replicas,
        allow_direct=spec.allow_direct,
        republish=api.RePublish(src=spec.republish_from, dest=spec.republish_to)
        if spec.republish_from
        else None,
    )


def consumer_config(spec: ConsumerSpec) -> api.ConsumerConfig:
    """Of a consumer of ours."""
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


def storage_of(*, in_memory: bool) -> api.StorageType:
    """Where the server keeps it."""
    return api.StorageType.MEMORY if in_memory else api.StorageType.FILE
