"""Streams, consumers and buckets as data. `broker.apply_topology` makes them so, idempotently."""

from dataclasses import dataclass
from typing import Final

from contracts import subjects
from contracts.job_options import PRIORITIES, Priority
from contracts.languages import SCRIPTS, Script

MIB: Final = 1024 * 1024
DAY_S: Final = 86_400.0

SUBMIT: Final = "SUBMIT"
PAGES: Final = "PAGES"
RESULTS: Final = "RESULTS"
SUMMARY: Final = "SUMMARY"
DEAD: Final = "DEAD"
DEAD_PAGES: Final = "DEAD_PAGES"
ENDINGS: Final = "ENDINGS"
UPLOADS: Final = "UPLOADS"
PAGE_IMAGES: Final = "PAGE_IMAGES"
OUTPUTS: Final = "OUTPUTS"
JOBS: Final = "JOBS"
NODES: Final = "NODES"
EVENTS: Final = "EVENTS"
READINGS: Final = "READINGS"
INGEST: Final = "ingest"
UPLOADED: Final = "uploaded"
REAPER: Final = "reaper"

# Hand-overs of a page beyond MAX_RETRIES that the queue grants: a node that stops gives back what
# it has not begun, which the queue counts and we do not. Nodes end a page after MAX_RETRIES.
MAX_RETURNS: Final = 20


@dataclass(frozen=True, kw_only=True)
class StreamSpec:
    """A stream that refuses new messages when full, rather than dropping old ones."""

    name: str
    subjects: tuple[str, ...]
    work_queue: bool = False
    max_bytes: int
    max_msgs_per_subject: int | None = None
    max_age_s: float | None = None
    discard_old: bool = False
    republish_from: str | None = None
    republish_to: str | None = None
    # Reads by subject without a consumer.
    allow_direct: bool = False
    # Gone when the broker is started again: for what is not worth a write to the disk.
    in_memory: bool = False


@dataclass(frozen=True, kw_only=True)
class ConsumerSpec:
    """A durable pull consumer with explicit acks. Its filter is never edited: an edited filter
    skips messages that were published before."""

    stream: str
    name: str
    filter_subject: str
    ack_wait_s: float
    max_deliver: int
    max_ack_pending: int = 1000
    max_waiting: int = 512
    # Begins with what is stored after its creation.
    deliver_new: bool = False


@dataclass(frozen=True, kw_only=True)
class BucketSpec:
    """An object bucket. Objects older than `ttl_s` go by themselves."""

    name: str
    max_bytes: int
    ttl_s: float


@dataclass(frozen=True, kw_only=True)
class KeyValueSpec:
    """A key-value bucket, the last value of each key only."""

    name: str
    max_bytes: int
    ttl_s: float
    in_memory: bool = False


@dataclass(frozen=True, kw_only=True)
class Topology:
    """All that the services expect to find on the broker."""

    replicas: int
    streams: tuple[StreamSpec, ...]
    consumers: tuple[ConsumerSpec, ...]
    buckets: tuple[BucketSpec, ...]
    key_values: tuple[KeyValueSpec, ...]


@dataclass(frozen=True, kw_only=True)
class TopologySettings:
    """What a site may choose. Sizes of all streams and buckets together stay within `store_bytes`,
    which must not exceed `max_file_store` of nats-server.conf."""

    store_bytes: int = 24 * 1024 * MIB
    replicas: int = 1
    max_retries: int = 3
    # A third of a fleet's worst pause; nodes renew every 10 s.
    page_ack_wait_s: float = 30.0
    submit_ack_wait_s: float = 60.0
    # One job cannot fill the queue, and still keeps 48 engines busy: pages in flight count.
    max_pages_per_job_queued: int = 96
    uploads_kept_s: float = 7 * DAY_S
    outputs_kept_s: float = 7 * DAY_S
    dead_pages_kept_s: float = 7 * DAY_S
    summaries_kept_s: float = 30 * DAY_S
    # What pages said, for others with the same pixels; 0: nothing of it is kept.
    readings_kept_s: float = 0.0


# Of the broker's memory, which nats-server.conf limits to 256 MB. A day of progress: about 200,000
# events; heartbeats of about 5,000 nodes.
_EVENTS_BYTES: Final = 64 * MIB
_NODES_BYTES: Final = 16 * MIB
# A node that is lost is shown for so long.
_NODES_KEPT_S: Final = 3600.0

# Shares of the store, in percent; they add up to 99 so that rounding never asks for too much.
_SHARES: Final = {
    SUBMIT: 10, PAGES: 18, RESULTS: 18, SUMMARY: 2, ENDINGS: 1, DEAD: 1, DEAD_PAGES: 4,
    UPLOADS: 18, PAGE_IMAGES: 4, OUTPUTS: 19, JOBS: 4,
}  # fmt: skip


# Of OUTPUTS' share, where readings are kept.
_READINGS_SHARE: Final = 5


def _readings(settings: TopologySettings) -> tuple[StreamSpec, ...]:
    if not settings.readings_kept_s:
        return ()
    return (
        StreamSpec(
            name=READINGS,
            subjects=(subjects.READINGS_ALL,),
            max_bytes=settings.store_bytes * _READINGS_SHARE // 100,
            max_msgs_per_subject=1,
            max_age_s=settings.readings_kept_s,
            # A cache: what is oldest gives way.
            discard_old=True,
            allow_direct=True,
        ),
    )


def page_consumer(priority: Priority, script: Script) -> str:
    """The name of the consumer from which nodes pull pages of one class and script."""
    return f"{priority}_{script}"


def topology(settings: TopologySettings) -> Topology:
    """The whole of it, for a site's settings."""
    shares = dict(_SHARES)
    if settings.readings_kept_s:
        shares[OUTPUTS] -= _READINGS_SHARE
    size = {name: settings.store_bytes * share // 100 for name, share in shares.items()}
    return Topology(
        replicas=settings.replicas,
        streams=(
            StreamSpec(
                name=SUBMIT, subjects=(subjects.SUBMIT,), work_queue=True, max_bytes=size[SUBMIT]
            ),
            StreamSpec(
                name=PAGES,
                subjects=(subjects.PAGES_ALL,),
                work_queue=True,
                max_bytes=size[PAGES],
                max_msgs_per_subject=settings.max_pages_per_job_queued,
            ),
            StreamSpec(
                name=RESULTS,
                subjects=(subjects.RESULTS_ALL,),
                max_bytes=size[RESULTS],
                allow_direct=True,
            ),
            StreamSpec(
                name=SUMMARY,
                subjects=(subjects.SUMMARY_ALL,),
                max_bytes=size[SUMMARY],
                max_age_s=settings.summaries_kept_s,
                republish_from=subjects.SUMMARY_ALL,
                republish_to="ocr.done.{{wildcard(1)}}",
                allow_direct=True,
            ),
            StreamSpec(
                name=ENDINGS,
                subjects=(subjects.ENDINGS_ALL,),
                max_bytes=size[ENDINGS],
                max_age_s=min(settings.summaries_kept_s, DAY_S),
                # What is kept is in SUMMARY; this one tells it to readers, and no job waits for it.
                discard_old=True,
                republish_from=subjects.ENDINGS_ALL,
                republish_to="ocr.done_of.{{wildcard(1)}}.{{wildcard(2)}}",
            ),
            StreamSpec(
                name=EVENTS,
                subjects=(subjects.EVENT_LOG_ALL,),
                max_bytes=_EVENTS_BYTES,
                max_age_s=DAY_S,
                # Progress is told once, and kept for who was away a moment.
                discard_old=True,
                republish_from=subjects.EVENT_LOG_ALL,
                republish_to="ocr.events.{{wildcard(1)}}",
                allow_direct=True,
                in_memory=True,
            ),
            StreamSpec(
                name=DEAD,
                subjects=(
                    f"$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.{PAGES}.>",
                    f"$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.{PAGES}.>",
                ),
                max_bytes=size[DEAD],
                max_age_s=7 * DAY_S,
                # Advisories are published by the server, which does not retry when refused.
                discard_old=True,
            ),
            StreamSpec(
                name=DEAD_PAGES,
                subjects=(subjects.DEAD_ALL,),
                max_bytes=size[DEAD_PAGES],
                max_age_s=settings.dead_pages_kept_s,
                # A page that dies again replaces what was kept of it.
                max_msgs_per_subject=1,
                # Kept for people to look at: never a reason for a node to wait.
                discard_old=True,
                allow_direct=True,
            ),
            *_readings(settings),
        ),
        consumers=(
            ConsumerSpec(
                stream=SUBMIT,
                name=INGEST,
                filter_subject=subjects.SUBMIT,
                ack_wait_s=settings.submit_ack_wait_s,
                # A submission is never given up by the queue: ingest itself ends it.
                max_deliver=-1,
            ),
            ConsumerSpec(
                stream=f"OBJ_{UPLOADS}",
                name=UPLOADED,
                filter_subject=f"$O.{UPLOADS}.M.*",
                ack_wait_s=settings.submit_ack_wait_s,
                max_deliver=-1,
                deliver_new=True,
            ),
            ConsumerSpec(
                stream=DEAD,
                name=REAPER,
                filter_subject=f"$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.{PAGES}.>",
                ack_wait_s=settings.page_ack_wait_s,
                max_deliver=-1,
            ),
            *(
                ConsumerSpec(
                    stream=PAGES,
                    name=page_consumer(priority, script),
                    filter_subject=subjects.pages_of(priority=priority, script=script),
                    ack_wait_s=settings.page_ack_wait_s,
                    max_deliver=settings.max_retries + MAX_RETURNS,
                    # Defaults of 1000 and 512 would cap a fleet, and max_waiting cannot be changed.
                    max_ack_pending=20_000,
                    max_waiting=20_000,
                )
                for priority in PRIORITIES
                for script in SCRIPTS
            ),
        ),
        buckets=(
            BucketSpec(name=UPLOADS, max_bytes=size[UPLOADS], ttl_s=settings.uploads_kept_s),
            BucketSpec(
                name=PAGE_IMAGES,
                max_bytes=size[PAGE_IMAGES],
                # Those of dead pages are kept for as long as their records.
                ttl_s=max(settings.uploads_kept_s, settings.dead_pages_kept_s),
            ),
            BucketSpec(name=OUTPUTS, max_bytes=size[OUTPUTS], ttl_s=settings.outputs_kept_s),
        ),
        key_values=(
            KeyValueSpec(name=JOBS, max_bytes=size[JOBS], ttl_s=30 * DAY_S),
            KeyValueSpec(name=NODES, max_bytes=_NODES_BYTES, ttl_s=_NODES_KEPT_S, in_memory=True),
        ),
    )
