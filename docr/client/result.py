"""What a job left, typed: the JSON of `GET /jobs/{id}/result` and of NAME.json."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.jobs import Status, UtcTime, WorkerMetrics
from contracts.pages import Confidence, Line, Source


class _Read(BaseModel):
    # A newer release may say more.
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class JobMetrics(_Read):
    """How a job ended. Counts of what was read; times in ms; 1 MB = 1024 * 1024 bytes."""

    job_id: str
    filename: str
    status: Status
    total_pages: int
    pages_processed: int
    pages_failed: int
    total_words: int
    total_chars: int
    total_lines: int
    avg_confidence: float  # 0..1, mean over the pages that have lines
    start_time: UtcTime
    end_time: UtcTime
    total_duration_ms: float
    avg_page_time_ms: float
    file_size_bytes: int
    file_size_mb: float
    ocr_rounds_per_worker: dict[str, int]
    worker_metrics: tuple[WorkerMetrics, ...]
    errors: tuple[str, ...]


class ResultPage(_Read):
    """A page. `lines` in reading order, their polygons in px from the top left."""

    page_number: int  # from 1
    status: Literal["success", "failed"]
    source: Source = "ocr"
    text: str
    markdown: str
    confidence: Confidence
    width_px: int
    height_px: int
    dpi: int
    lines: tuple[Line, ...]
    worker: str | None
    attempts: int
    duration_ms: float
    error: str | None


class Result(_Read):
    """A job's result. A failed or partial one is no exception: see `metrics.status`."""

    metrics: JobMetrics
    pages: tuple[ResultPage, ...] = Field(alias="results")
    text: str = Field(alias="combined_text")
    markdown: str = Field(alias="combined_markdown")
