"""Valid messages, of which a test changes what it is about."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from contracts.job_options import JobOptions
from contracts.jobs import JobManifest, JobSummary
from contracts.page_ranges import SelectedPages
from contracts.pages import Line, PageFailed, PageSucceeded, PageTask

JOB: Final = "job-1"
START: Final = datetime(2024, 2, 29, 12, 0, tzinfo=UTC)
SQUARE: Final = ((0.0, 0.0), (10.0, 0.0), (10.0, 5.0), (0.0, 5.0))


def page_task(**changes: Any) -> PageTask:
    known: dict[str, Any] = {
        "job_id": JOB,
        "page_index": 0,
        "image": b"an image",
        "width_px": 100,
        "height_px": 50,
        "dpi": 200,
        "language": "en",
        "tenant": "default",
        "priority": "bulk",
    }
    return PageTask(**{**known, **changes})


def page_succeeded(**changes: Any) -> PageSucceeded:
    known: dict[str, Any] = {
        "job_id": JOB,
        "page_index": 0,
        "text": "two words",
        "markdown": "two words",
        "confidence": 0.9,
        "width_px": 100,
        "height_px": 50,
        "dpi": 200,
        "lines": (Line(text="two words", confidence=0.9, polygon=SQUARE),),
        "worker": "node-a",
        "attempts": 1,
        "duration_ms": 10.0,
    }
    return PageSucceeded(**{**known, **changes})


def page_failed(**changes: Any) -> PageFailed:
    known: dict[str, Any] = {"job_id": JOB, "page_index": 0, "error": "the image is damaged"}
    return PageFailed(**{**known, **changes})


def manifest(*, pages: int = 3, **changes: Any) -> JobManifest:
    known: dict[str, Any] = {
        "job_id": JOB,
        "filename": "scan.pdf",
        "options": JobOptions(),
        "selected": SelectedPages(ranges=((0, pages - 1),) if pages else ()),
        "file_size_bytes": 3 * 1024 * 1024,
        "start_time": START,
        "deadline": START + timedelta(days=1),
        "document_sha256": "ab" * 32,
    }
    return JobManifest(**{**known, **changes})


def job_summary(**changes: Any) -> JobSummary:
    known: dict[str, Any] = {
        "job_id": JOB,
        "filename": "scan.pdf",
        "status": "success",
        "total_pages": 1,
        "pages_processed": 1,
        "pages_failed": 0,
        "total_words": 2,
        "total_chars": 9,
        "total_lines": 1,
        "avg_confidence": 0.9,
        "start_time": START,
        "end_time": START,
        "total_duration_ms": 0.0,
        "avg_page_time_ms": 10.0,
        "file_size_bytes": 100,
        "file_size_mb": 0.000095,
        "ocr_rounds_per_worker": {"node-a": 1},
        "worker_metrics": (),
        "errors": (),
    }
    return JobSummary(**{**known, **changes})
