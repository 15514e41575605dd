"""Why a job ends now: a pure decision from its progress, the time, and whether it was cancelled."""

from datetime import datetime
from typing import Literal

from aggregator.fan_in import JobProgress
from contracts.jobs import JobManifest

Ending = Literal["complete", "cancelled", "deadline"]


def ending_of(
    manifest: JobManifest, progress: JobProgress, *, cancelled: bool, now: datetime
) -> Ending | None:
    """None while the job goes on. What is complete is so, whatever else happened."""
    if progress.complete:
        return "complete"
    if cancelled:
        return "cancelled"
    return "deadline" if now >= manifest.deadline else None


def missing_page_error(manifest: JobManifest, ending: Ending) -> str:
    """Why a page has no result."""
    if ending == "deadline":
        hours = (manifest.deadline - manifest.start_time).total_seconds() / 3600
        return (
            f"not read before the job's deadline of {hours:.3g} h; "
            "see that nodes run and read its language, then submit the document again"
        )
    return "its result is gone from the broker; submit the document again"
