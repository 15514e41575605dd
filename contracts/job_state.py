"""A job as users ask for it: how far it is, or how it ended."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from contracts.jobs import JobManifest, JobSummary, Status, UtcTime

State = Literal["queued", "running", "cancelling"] | Status
ENDED: frozenset[str] = frozenset({"success", "partial_success", "failed", "cancelled"})


class JobState(BaseModel):
    """A job. `queued`: accepted, and not opened yet; `total_pages` is known from then on."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    job_id: str
    state: State
    filename: str
    tenant: str
    submitted_at: UtcTime
    total_pages: int | None = None
    pages_done: int = 0  # read or failed
    ended_at: UtcTime | None = None
    revision: int | None = None  # of the outputs, once it has ended
    metrics: dict[str, Any] | None = None  # once it has ended

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED


class JobList(BaseModel):
    """Jobs, those that go on first, then the ended ones, the latest first. `cursor`: asks for
    those that follow; None at the end."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    jobs: tuple[JobState, ...]
    cursor: str | None = None


def of_summary(summary: JobSummary) -> JobState:
    """An ended job."""
    return JobState(
        job_id=summary.job_id,
        state=summary.status,
        filename=summary.filename,
        tenant=summary.tenant,
        submitted_at=summary.start_time,
        total_pages=summary.total_pages,
        pages_done=summary.pages_processed + summary.pages_failed,
        ended_at=summary.end_time,
        revision=summary.revision,
        metrics=summary.metrics(),
    )


def of_manifest(manifest: JobManifest, *, pages_done: int, cancelling: bool) -> JobState:
    """A job whose document was opened."""
    return JobState(
        job_id=manifest.job_id,
        state="cancelling" if cancelling else "running",
        filename=manifest.filename,
        tenant=manifest.tenant,
        submitted_at=manifest.start_time,
        total_pages=manifest.total_pages,
        pages_done=pages_done,
    )
