"""Writes one message of each kind as the code that runs this writes it.

Before a schema version is raised: `./dev python -m tests.contracts.record_version FOLDER`, with
FOLDER tests/contracts/version_N, which takes the place of the one before. It must go on to run with
the code of the release before: only what that has may be named.
"""

import io
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from PIL import Image
from pydantic import BaseModel

from contracts.codec import encode
from contracts.dead_pages import DeadPageRecord
from contracts.job_options import JobOptions
from contracts.jobs import DocumentFailed, JobManifest, JobSummary, Outputs, WorkerMetrics
from contracts.page_ranges import SelectedPages
from contracts.pages import Line, PageFailed, PageSucceeded, PageTask

JOB: Final = "old"
WHEN: Final = datetime(2024, 2, 29, 12, tzinfo=UTC)


def _image() -> bytes:
    image = io.BytesIO()
    Image.new("1", (16, 8), 1).save(image, "PNG")
    return image.getvalue()


TASK: Final = PageTask(
    job_id=JOB,
    page_index=0,
    image=_image(),
    width_px=16,
    height_px=8,
    dpi=72,
    language="en",
    tenant="default",
    priority="bulk",
)
ON_THE_WIRE: Final[dict[str, BaseModel]] = {
    "page_task": TASK,
    "page_succeeded": PageSucceeded(
        job_id=JOB,
        page_index=1,
        text="two words",
        markdown="two words",
        confidence=0.9,
        width_px=100,
        height_px=50,
        dpi=72,
        lines=(
            Line(
                text="two words",
                confidence=0.9,
                polygon=((0.0, 0.0), (10.0, 0.0), (10.0, 5.0), (0.0, 5.0)),
            ),
        ),
        worker="node-a",
        attempts=1,
        duration_ms=10.0,
    ),
    "page_failed": PageFailed(
        job_id=JOB, page_index=2, error="the image is damaged", worker="node-a", attempts=3
    ),
    "document_failed": DocumentFailed(job_id=JOB, error="the document is empty"),
    "dead_page_record": DeadPageRecord(
        job_id=JOB,
        page_index=2,
        reason="the image is damaged",
        attempts=3,
        worker="node-a",
        died_at=WHEN,
        task=TASK,
    ),
}
IN_JSON: Final[dict[str, BaseModel]] = {
    "manifest": JobManifest(
        job_id=JOB,
        filename="old.pdf",
        options=JobOptions(dpi=72),
        selected=SelectedPages(ranges=((0, 2),)),
        file_size_bytes=100,
        start_time=WHEN,
        deadline=WHEN + timedelta(days=10_000),  # the job must not end by it in a test
        document_sha256="ab" * 32,
    ),
    "summary": JobSummary(
        job_id=JOB,
        filename="old.pdf",
        status="success",
        total_pages=1,
        pages_processed=1,
        pages_failed=0,
        total_words=2,
        total_chars=9,
        total_lines=1,
        avg_confidence=0.9,
        start_time=WHEN,
        end_time=WHEN,
        total_duration_ms=0.0,
        avg_page_time_ms=10.0,
        file_size_bytes=100,
        file_size_mb=0.000095,
        ocr_rounds_per_worker={"node-a": 1},
        worker_metrics=(
            WorkerMetrics(worker="node-a", pages=1, total_time_ms=10.0, avg_time_ms=10.0, errors=0),
        ),
        errors=(),
        outputs=Outputs(
            result="old/1/result.json",
            text="old/1/text.txt",
            markdown="old/1/markdown.md",
            pages="old/1/pages.jsonl",
        ),
    ),
}


def record(folder: Path) -> None:
    """Writes all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, message in ON_THE_WIRE.items():
        (folder / f"{name}.msgpack").write_bytes(encode(message))
    for name, message in IN_JSON.items():
        (folder / f"{name}.json").write_text(message.model_dump_json())


if __name__ == "__main__":
    record(Path(sys.argv[1]))
