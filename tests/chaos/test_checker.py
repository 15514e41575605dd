"""A judge is worth what it finds: each thing that may be wrong is named."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.jobs import JobSummary, Outputs, WorkerMetrics
from tests.chaos.checker import error_of, exhausted_pages, violations
from tests.chaos.evidence import Bucket, Evidence, Output
from tests.chaos.paper import Expected
from tests.chaos.timeline import Timeline

START = datetime(2026, 1, 1, tzinfo=UTC)
WANTED = {"job": Expected(size_bytes=10, texts={1: "aa 1", 2: "bb 2"})}
BUCKET = Bucket(ttl_s=100.0, oldest_s=5.0, objects=("job/x/result.json",), nameless_chunks=0)


def page(number: int, text: str, **other: Any) -> dict[str, Any]:
    known = {
        "page_number": number,
        "status": "success",
        "text": text,
        "confidence": 1.0,
        "lines": [{}],
        "worker": "node-1",
        "attempts": 1,
        "duration_ms": 10.0,
        "error": None,
    }
    return {**known, **other}


def evidence(pages: list[dict[str, Any]], **summary_changes: Any) -> Evidence:
    """A job of these pages that ended as it should."""
    read = [each for each in pages if each["status"] == "success"]
    lost = len(pages) - len(read)
    summary = JobSummary(
        job_id="job",
        filename="job.pdf",
        status="failed" if not read else "partial_success" if lost else "success",
        total_pages=len(pages),
        pages_processed=len(read),
        pages_failed=lost,
        total_words=sum(len(each["text"].split()) for each in read),
        total_chars=sum(len(each["text"]) for each in read),
        total_lines=len(read),
        avg_confidence=1.0 if read else 0.0,
        start_time=START,
        end_time=START + timedelta(seconds=1),
        total_duration_ms=1000.0,
        avg_page_time_ms=10.0 if read else 0.0,
        file_size_bytes=10,
        file_size_mb=0.0,
        ocr_rounds_per_worker={"node-1": len(pages)} if pages else {},
        worker_metrics=(
            WorkerMetrics(
                worker="node-1", pages=len(pages), total_time_ms=20, avg_time_ms=10, errors=lost
            ),
        )
        if pages
        else (),
        errors=tuple(error_of(page) for page in pages if page["error"]),
        outputs=Outputs(result="r", text="t", markdown="m", pages="p"),
    ).model_copy(update=summary_changes)
    text = "\n\n".join(each["text"] for each in read) + ("\n" if read else "")
    return Evidence(
        accepted=frozenset({"job"}),
        endings={"job": 1},
        summaries={"job": [summary]},
        outputs={
            "job": Output(
                result={
                    "metrics": summary.metrics(),
                    "results": pages,
                    "combined_text": text,
                    "combined_markdown": "# m",
                },
                text=text,
                markdown="# m",
            )
        },
        queued={"SUBMIT": 0, "PAGES": 0},
        unsettled={"ingest": 0},
        results={},
        job_keys=(),
        buckets={"UPLOADS": BUCKET, "PAGE_IMAGES": BUCKET, "OUTPUTS": BUCKET},
    )


GOOD = [page(1, "aa 1"), page(2, "bb 2")]


def test_a_sound_run_has_no_violations() -> None:
    assert violations(evidence(GOOD), WANTED) == []


def test_a_cancelled_job_is_sound_with_the_pages_that_it_has_if_it_was_to_be_cancelled() -> None:
    cut_short = evidence(
        [page(1, "aa 1")],
        status="cancelled",
        total_pages=2,
        errors=("cancelled after 1 of 2 pages",),
    )
    expected = replace(WANTED["job"], may_be_cancelled=True)
    assert violations(cut_short, {"job": expected}) == []
    assert any("status is 'cancelled'" in each for each in violations(cut_short, WANTED))


def test_a_rejected_document_is_sound_when_its_reason_is_the_right_one() -> None:
    wanted = {"job": Expected(size_bytes=10, rejection="the file is empty")}
    assert violations(evidence([], errors=("the file is empty",)), wanted) == []
    assert violations(evidence([], errors=("it may have expired",)), wanted) != []


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda good: replace(good, summaries={}), "job was accepted and has no summary"),
        (
            lambda good: replace(good, summaries={"job": good.summaries["job"] * 2}),
            "job has 2 summaries",
        ),
        (
            lambda good: replace(good, endings={"job": 2}),
            "ocr.done told the end of job 2 times",
        ),
        (
            lambda good: replace(good, queued={"PAGES": 3}),
            "work queue PAGES still holds 3 messages",
        ),
        (lambda good: replace(good, unsettled={"ingest": 1}), "consumer ingest waits for 1 acks"),
        (
            lambda good: replace(good, results={"ocr.result.job.0": 1, "ocr.result.job.1": 1}),
            "RESULTS still holds 2 results of job",
        ),
        (lambda good: replace(good, job_keys=("job.manifest",)), "JOBS still holds job.manifest"),
        (
            lambda good: replace(good, buckets={"UPLOADS": replace(BUCKET, oldest_s=101.0)}),
            "UPLOADS holds something 101 s old, past its time",
        ),
        (
            lambda good: replace(good, buckets={"UPLOADS": replace(BUCKET, ttl_s=0.0)}),
            "nothing removes old objects from UPLOADS: it has no ttl",
        ),
        (
            lambda good: replace(good, left_behind=("node-1 did not end",)),
            "node-1 did not end",
        ),
    ],
)
def test_what_is_missing_doubled_or_left_is_named(
    spoil: Callable[[Evidence], Evidence], sentence: str
) -> None:
    assert sentence in violations(spoil(evidence(GOOD)), WANTED)


@pytest.mark.parametrize(
    ("pages", "words"),
    [
        ([page(1, "aa 1")], "pages [2] are missing"),
        ([*GOOD, page(2, "bb 2")], "page 2 is counted 2 times"),
        ([*GOOD, page(3, "cc 3")], "pages [3] are none of its own"),
        ([page(2, "bb 2"), page(1, "aa 1")], "its pages are out of order"),
        ([page(1, "aa 1"), page(2, "of another job 2")], "which is not its own"),
        (
            [page(1, "aa 1"), page(2, "", status="failed", error="it may have expired")],
            "page 2 can be read, and failed: it may have expired",
        ),
    ],
)
def test_a_page_that_is_not_its_own_or_failed_for_no_good_reason_is_named(
    pages: list[dict[str, Any]], words: str
) -> None:
    assert any(words in each for each in violations(evidence(pages), WANTED))


def test_a_page_may_fail_when_its_attempts_ran_out_and_is_counted() -> None:
    unlucky = page(2, "", status="failed", error="given up after 10 attempts, each of which ...")
    spoilt = evidence([page(1, "aa 1"), unlucky])
    assert violations(spoilt, WANTED) == []
    assert exhausted_pages(spoilt) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"total_words": 5},
        {"pages_processed": 1},
        {"status": "partial_success"},
        {"file_size_bytes": 11},
        {"ocr_rounds_per_worker": {"node-1": 1}},
        {"total_duration_ms": 2000.0},
        {"avg_page_time_ms": 11.0},
        {"avg_confidence": 0.9},
        {"errors": ("something",)},
    ],
)
def test_a_figure_that_does_not_add_up_is_named(change: dict[str, Any]) -> None:
    assert len(violations(evidence(GOOD, **change), WANTED)) == 1


def test_time_without_work_is_neither_silence_nor_recovery() -> None:
    timeline = Timeline(
        progress_s=[1.0, 2.0, 9.0, 10.0],
        accepted_s={"first": 0.0, "second": 8.0},
        ended_s={"first": 2.0, "second": 10.0},
    )
    assert timeline.longest_silence_s() == 1.0
    assert timeline.recovery_s(1.5) == 0.5
    assert timeline.recovery_s(5.0) is None
    assert timeline.recovery_s(11.0) is None
