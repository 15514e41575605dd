"""The main job: the samples, read by the real engine through the real pipeline."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bench.word_f1 import word_f1
from tests.docr.commands import docr, leftovers

SAMPLES = Path(__file__).parents[2] / "samples"
NAMES = ("photo-note", "report", "scanned-letter")


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `docr run samples/` filled."""
    folder = tmp_path_factory.mktemp("samples")
    # With all engines that fit, as for a user.
    done = docr("run", str(SAMPLES), folder=folder, OCR_ENGINE="onnxruntime", MAX_CPU_CORES="12")
    assert done.returncode == 0, done.stderr
    assert leftovers(folder) == []
    return folder / "ocr-output"


@pytest.mark.parametrize("name", NAMES)
def test_the_text_of_a_sample_is_its_true_text(outputs: Path, name: str) -> None:
    read = (outputs / f"{name}.txt").read_text()
    true = (SAMPLES / f"{name}.txt").read_text()
    assert word_f1(read, true) >= 0.97
    pages = read.split("\n\n")
    assert len(pages) == len(true.split("\n\n"))


def test_columns_are_not_interleaved_and_a_table_is_read_row_by_row(outputs: Path) -> None:
    _, columns, table = (outputs / "scanned-letter.txt").read_text().split("\n\n")
    lines = columns.splitlines()
    left = next(n for n, line in enumerate(lines) if "of them in a few minutes" in line)
    right = next(n for n, line in enumerate(lines) if "What surprised us most" in line)
    assert right == left + 1
    assert "Steel pipe 36 48.00 1728.00" in table


def test_markdown_is_what_people_want_to_read(outputs: Path) -> None:
    markdown = (outputs / "scanned-letter.md").read_text()
    letter, columns, table = markdown.split("\n\n---\n\n")
    assert letter.startswith("## Harbour Water Works\n\n14 Quay Street")
    assert columns.startswith("<!-- page 2 -->\n\n")
    assert "Every house in the old town has a meter in its cellar, and until last year" in columns
    assert "| Item | Quantity | Unit price | Total |\n| --- | ---: | ---: | ---: |\n" in table
    assert "| Gravel | 9 | 33.20 | 298.80 |" in table


def test_the_result_holds_every_field_of_the_contract(outputs: Path) -> None:
    result = json.loads((outputs / "scanned-letter.json").read_text())
    assert result.keys() == {"metrics", "results", "combined_text", "combined_markdown"}
    assert result["combined_text"] == (outputs / "scanned-letter.txt").read_text()
    assert result["combined_markdown"] == (outputs / "scanned-letter.md").read_text()
    metrics = result["metrics"]
    assert metrics.keys() == {
        "job_id", "filename", "total_pages", "pages_processed", "pages_failed", "total_words",
        "total_chars", "total_lines", "avg_confidence", "start_time", "end_time",
        "total_duration_ms", "avg_page_time_ms", "file_size_bytes", "file_size_mb",
        "ocr_rounds_per_worker", "worker_metrics", "status", "errors", "documents",
    }  # fmt: skip
    _check_metrics(metrics, result["results"])
    for number, page in enumerate(result["results"], start=1):
        assert page.keys() == {
            "page_number", "status", "source", "text", "markdown", "confidence", "width_px",
            "height_px", "dpi", "lines", "worker", "attempts", "duration_ms", "error",
            "angle_deg", "read_in", "document", "reused",
        }  # fmt: skip
        assert (page["page_number"], page["dpi"], page["error"]) == (number, 200, None)
        for line in page["lines"]:
            assert line.keys() == {"text", "confidence", "polygon", "words", "source"}
            assert 0.0 <= line["confidence"] <= 1.0
            assert all(0 <= x <= page["width_px"] for x, _ in line["polygon"])
            assert all(0 <= y <= page["height_px"] for _, y in line["polygon"])


def _check_metrics(metrics: dict[str, Any], pages: list[dict[str, Any]]) -> None:
    assert metrics["filename"] == "scanned-letter.pdf"
    assert metrics["file_size_bytes"] == (SAMPLES / "scanned-letter.pdf").stat().st_size
    assert metrics["status"] == "success"
    assert metrics["total_pages"] == metrics["pages_processed"] == len(pages) == 3
    assert metrics["total_words"] == sum(len(page["text"].split()) for page in pages)
    assert metrics["total_chars"] == sum(len(page["text"]) for page in pages)
    assert metrics["total_lines"] == sum(len(page["lines"]) for page in pages)
    assert sum(metrics["ocr_rounds_per_worker"].values()) == 3
    assert sum(each["pages"] for each in metrics["worker_metrics"]) == 3
    started, ended = (datetime.fromisoformat(metrics[key]) for key in ("start_time", "end_time"))
    assert started < ended
    assert started.utcoffset() is not None
    assert metrics["start_time"].endswith("Z")
