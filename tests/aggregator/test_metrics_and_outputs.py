"""The metrics of a job, and its outputs."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.metrics import JobMetrics
from aggregator.output_store import OutputStore
from aggregator.outputs import OutputFiles, output_files
from aggregator.replay import page_after_replay
from broker.connection import Broker
from broker.objects import ObjectBucket
from contracts import topology
from contracts.pages import PageResult
from tests.examples import START, job_summary, manifest, page_failed, page_succeeded


def metrics_of(*results: PageResult, pages: int = 3) -> JobMetrics:
    metrics = JobMetrics(manifest=manifest(pages=pages))
    for result in results:
        metrics.add(result)
    return metrics


@given(
    st.lists(
        st.one_of(
            st.builds(page_succeeded, worker=st.sampled_from("abc"), duration_ms=st.floats(0, 1e6)),
            st.builds(page_failed, worker=st.sampled_from("abc") | st.none()),
        ),
        max_size=20,
    )
)
def test_the_shares_of_the_workers_add_up_to_the_pages(results: list[PageResult]) -> None:
    summary = metrics_of(*results, pages=len(results)).summary(end_time=START)
    by_nodes = sum(result.worker is not None for result in results)
    assert summary.pages_processed + summary.pages_failed == summary.total_pages == len(results)
    assert sum(summary.ocr_rounds_per_worker.values()) == by_nodes
    assert sum(each.pages for each in summary.worker_metrics) == by_nodes
    assert sum(each.errors for each in summary.worker_metrics) <= summary.pages_failed


def test_a_summary_counts_words_chars_lines_and_times() -> None:
    summary = metrics_of(
        page_succeeded(text="two words", confidence=0.5, duration_ms=100.0),
        page_succeeded(page_index=1, text="", lines=(), confidence=0.0, duration_ms=50.0),
        page_failed(page_index=2, error="broken", worker="b", duration_ms=10.0),
    ).summary(end_time=START + timedelta(seconds=2))
    assert summary.status == "partial_success"
    assert (summary.total_words, summary.total_chars, summary.total_lines) == (2, 9, 1)
    assert summary.avg_confidence == 0.5  # over pages with lines
    assert summary.avg_page_time_ms == 75.0
    assert summary.total_duration_ms == 2000.0
    assert summary.file_size_mb == 3.0
    assert summary.ocr_rounds_per_worker == {"b": 1, "node-a": 2}
    assert summary.errors == ("page 3: broken",)


def test_pages_that_no_node_has_read_are_pages_but_no_rounds() -> None:
    summary = metrics_of(
        page_succeeded(source="text_layer", worker="ingest", duration_ms=4.0),
        page_succeeded(page_index=1, source="blank", worker="ingest", text="", lines=()),
        page_succeeded(page_index=2, duration_ms=90.0),
    ).summary(end_time=START)
    assert summary.ocr_rounds_per_worker == {"node-a": 1}
    assert [(each.worker, each.pages) for each in summary.worker_metrics] == [
        ("ingest", 2),
        ("node-a", 1),
    ]
    assert (summary.status, summary.pages_processed, summary.total_words) == ("success", 3, 4)


def test_what_is_missing_of_a_page_is_told_with_the_job() -> None:
    missing = "text outside of the page's text layer, as in pictures, is missing: it hung"
    metrics = metrics_of(
        page_succeeded(),
        page_succeeded(page_index=2, source="text_layer", error=missing),
    )
    summary = metrics.summary(end_time=START)
    assert summary.errors == (f"page 3: {missing}",)
    assert (summary.status, summary.pages_failed) == ("partial_success", 0)


def test_a_replay_that_fails_leaves_the_text_that_was_known() -> None:
    known = page_succeeded(source="text_layer", error="pictures are missing", document="a.pdf")
    dead = page_failed(document="a.pdf")
    read = page_succeeded(job_id="the-replay", text="all of it")
    assert page_after_replay(known, None) == known
    assert page_after_replay(known, page_failed(job_id="the-replay")) == known
    for old in (known, dead):
        better = page_after_replay(old, read)
        assert (better.job_id, better.document, better.error) == (old.job_id, "a.pdf", None)


def test_an_error_names_its_page_once() -> None:
    metrics = metrics_of(
        page_failed(error="page 1 is a damaged image"),
        page_failed(page_index=1, error="page 12 is another"),
        page_failed(page_index=2, error="page 3 has no area", document="b.pdf"),
        page_failed(page_index=3, error="it is damaged", document="c.png"),
    )
    assert metrics.errors == [
        "page 1 is a damaged image",
        "page 2: page 12 is another",
        "page 3 (b.pdf) has no area",
        "page 4 (c.png): it is damaged",
    ]


@pytest.mark.parametrize(
    ("results", "status"),
    [
        ([page_succeeded()], "success"),
        ([page_succeeded(), page_failed(page_index=1)], "partial_success"),
        ([page_failed()], "failed"),
        ([], "failed"),
    ],
)
def test_the_status_of_a_job(results: list[PageResult], status: str) -> None:
    assert metrics_of(*results, pages=len(results)).summary(end_time=START).status == status


def test_a_rejected_document_fails_with_its_reason_first() -> None:
    metrics = metrics_of(page_failed())
    metrics.reject("the PDF is damaged")
    summary = metrics.summary(end_time=START)
    assert summary.status == "failed"
    assert summary.errors[0] == "the PDF is damaged"


def write(folder: Path, *results: PageResult) -> OutputFiles:
    files = OutputFiles(folder)
    for result in results:
        files.add(result)
    files.finish(job_summary())
    return files


def test_pages_stand_in_order_with_one_blank_line_between_them(tmp_path: Path) -> None:
    files = write(
        tmp_path,
        page_succeeded(text="one\nmore", markdown="one\nmore"),
        page_failed(page_index=1),
        page_succeeded(page_index=2, text="three", markdown="three"),
    )
    assert files.text.read_text() == "one\nmore\n\nthree\n"
    assert files.markdown.read_text() == (
        "one\nmore\n\n---\n\n<!-- page 2 -->\n\n*Page 2 could not be read.*\n\n"
        "---\n\n<!-- page 3 -->\n\nthree\n"
    )
    result = json.loads(files.result.read_text())
    assert [page["status"] for page in result["results"]] == ["success", "failed", "success"]
    assert result["results"][0].keys() == result["results"][1].keys()
    assert result["combined_text"] == files.text.read_text()


def test_markdown_of_one_page_is_that_page_and_a_later_one_tells_its_number(
    tmp_path: Path,
) -> None:
    one, later = tmp_path / "one", tmp_path / "later"
    for folder in (one, later):
        folder.mkdir()
    page = page_succeeded(markdown="# Title\n\ntext")
    assert write(one, page).markdown.read_text() == "# Title\n\ntext\n"
    fourth = page.model_copy(update={"page_index": 3})
    blank = page.model_copy(update={"page_index": 4, "markdown": "", "text": ""})
    assert write(later, fourth, blank).markdown.read_text() == (
        "<!-- page 4 -->\n\n# Title\n\ntext\n\n---\n\n<!-- page 5 -->\n"
    )


@pytest.mark.parametrize(
    "text", ['"quoted" \\ back', "line\u2028sep\u0085", "emoji 🚧 \x07", "é" * 70_000]
)
def test_any_text_makes_valid_json(tmp_path: Path, text: str) -> None:
    result = json.loads(write(tmp_path, page_succeeded(text=text)).result.read_text())
    assert result["results"][0]["text"] == text
    assert result["combined_text"] == text + "\n"


def test_a_job_without_pages_has_empty_outputs(tmp_path: Path) -> None:
    files = write(tmp_path)
    assert files.text.read_text() == files.markdown.read_text() == ""
    assert json.loads(files.result.read_text())["results"] == []


async def test_outputs_of_which_one_cannot_be_stored_leave_nothing(
    broker: Broker, tmp_path: Path
) -> None:
    bucket = ObjectBucket(broker, name=topology.OUTPUTS)
    with output_files(tmp_path) as files:
        files.finish(job_summary())
        files.markdown.unlink()
        with pytest.raises(FileNotFoundError):
            await OutputStore(bucket).store("job-1", files)
    assert await bucket.names() == []
