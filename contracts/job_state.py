"""A job as users ask for it: how far it is, or how it ended."""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

from contracts.jobs import JobManifest, JobSummary, Status, UtcTime

State = Literal["queued", "running", "cancelling"] | Status
# A document of thousands of pages may fail on each: a list tells of the first ones, and how many.
MOST_LISTED_ERRORS: Final = 10
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
    # Once it has ended: of all errors; in a list, `metrics.errors` has the first ten of them.
    error_count: int | None = None

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
        error_count=len(summary.errors),
    )


def listed(job: JobState) -> JobState:
    """The same as it stands in a list of jobs: with its first errors only."""
    if job.metrics is None or len(job.metrics["errors"]) <= MOST_LISTED_ERRORS:
        return job
    errors = job.metrics["errors"][:MOST_LISTED_ERRORS]
    return job.model_copy(update={"metrics": {**job.metrics, "errors": errors}})


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
