"""The streams and buckets that a site's settings ask for."""

from typing import Final

from contracts.topology import DAY_S, Topology, TopologySettings, topology
from docr.settings import Settings
from docr.store_room import StoreRoom

_GB: Final = 2**30


def site_topology(settings: Settings, room: StoreRoom | None = None) -> Topology:
    """`room`: of an embedded broker, which is alone and may take no more than the disk has."""
    return topology(
        TopologySettings(
            store_bytes=room.bytes if room is not None else int(settings.store_gb * _GB),
            replicas=settings.nats_replicas if room is None else 1,
            max_retries=settings.max_retries,
            page_ack_wait_s=settings.page_lease_seconds,
            submit_ack_wait_s=settings.submission_lease_seconds,
            max_pages_per_job_queued=settings.pages_queued_per_job,
            uploads_kept_s=_uploads_kept_days(settings) * DAY_S,
            outputs_kept_s=settings.keep_outputs_days * DAY_S,
            dead_pages_kept_s=settings.keep_dead_pages_days * DAY_S,
            summaries_kept_s=settings.keep_summaries_days * DAY_S,
            readings_kept_s=settings.keep_readings_days * DAY_S,
        )
    )


def _uploads_kept_days(settings: Settings) -> float:
    """Kept documents lie in the same bucket, and are wanted for as long as their outputs."""
    if not settings.keep_documents:
        return settings.keep_uploads_days
    return max(settings.keep_uploads_days, settings.keep_outputs_days)
