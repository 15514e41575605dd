"""A job from its acceptance to its summary."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainSerializer

from contracts.job_options import JobOptions
from contracts.page_ranges import SelectedPages

Status = Literal["success", "partial_success", "failed", "cancelled"]


def _as_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


UtcTime = Annotated[datetime, AfterValidator(_as_utc), PlainSerializer(_rfc3339, when_used="json")]


class JobManifest(BaseModel):
    """What ingest found out about a document, written before its first page is published."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    job_id: str
    filename: str
    options: JobOptions | None  # None when the options themselves could not be read
    selected: SelectedPages
    file_size_bytes: int
    start_time: UtcTime  # when the submission was stored

    @property
    def total_pages(self) -> int:
        return len(self.selected)


class DocumentFailed(BaseModel):
    """Event: the document as a whole cannot be read; the job ends with this reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    job_id: str
    error: str


class WorkerMetrics(BaseModel):
    """One node's share of a job."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    worker: str
    pages: int
    total_time_ms: float
    avg_time_ms: float
    errors: int


class Outputs(BaseModel):
    """Names of a job's outputs in bucket OUTPUTS."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    result: str  # JSON: {metrics, results, combined_text, combined_markdown}
    text: str
    markdown: str


class JobSummary(BaseModel):
    """How a job ended, and its exact metrics. Published once, in JSON."""

    # Readers of other releases ignore what they do not know: the summary is kept for 30 days.
    model_config = ConfigDict(frozen=True, extra="ignore")

    job_id: str
    filename: str
    status: Status
    total_pages: int
    pages_processed: int  # read, with or without text on them
    pages_failed: int
    total_words: int
    total_chars: int
    total_lines: int
    avg_confidence: float  # 0..1, mean over the pages that have lines
    start_time: UtcTime
    end_time: UtcTime
    total_duration_ms: float
    avg_page_time_ms: float  # mean engine time over processed pages
    file_size_bytes: int
    file_size_mb: float  # 1 MB = 1024 * 1024 bytes
    ocr_rounds_per_worker: dict[str, int]
    worker_metrics: tuple[WorkerMetrics, ...]
    errors: tuple[str, ...]
    outputs: Outputs | None = None
