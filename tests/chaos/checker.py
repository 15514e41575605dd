"""Judges the evidence: pure, and every violation is a sentence."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from contracts.jobs import JobSummary
from tests.chaos.evidence import Evidence, Output
from tests.chaos.paper import Expected

# The one reason for which a readable page may fail: bad luck, as often as MAX_RETRIES allows.
_EXHAUSTED: Final = re.compile(r"given up after (\d+) attempts?\b")
_MEAN_TOLERANCE: Final = 0.002  # ms and shares are rounded to three digits


def violations(evidence: Evidence, expected: Mapping[str, Expected]) -> list[str]:
    """What is wrong, in sentences; nothing when all is well. `expected`: of each planned job."""
    found = [*_accepted_is_summarised(evidence), *_nothing_is_left(evidence)]
    for job_id, summaries in sorted(evidence.summaries.items()):
        if (wanted := expected.get(job_id)) is None:
            found.append(f"{job_id} has a summary, but nobody handed it in")
            continue
        output = evidence.outputs.get(job_id, Output())
        wrong = [
            *output.missing,
            *_pages_are_their_own(output, wanted, cancelled=_cancelled(summaries[0], wanted)),
            *_metrics_are_consistent(summaries[0], output, wanted),
        ]
        found += [f"{job_id}: {each}" for each in wrong]
    return found


def exhausted_pages(evidence: Evidence) -> int:
    """How many pages failed because their attempts ran out."""
    return sum(
        _EXHAUSTED.match(str(page.get("error"))) is not None
        for output in evidence.outputs.values()
        for page in _pages(output)
    )


def _accepted_is_summarised(evidence: Evidence) -> Iterator[str]:
    for job_id in sorted(evidence.accepted - evidence.summaries.keys()):
        yield f"{job_id} was accepted and has no summary"
    for job_id, summaries in sorted(evidence.summaries.items()):
        if len(summaries) != 1:
            yield f"{job_id} has {len(summaries)} summaries"
        if any(each.job_id != job_id for each in summaries):
            yield f"the summary of {job_id} is one of another job"
    for job_id, count in sorted(evidence.endings.items()):
        if count > 1:
            yield f"ocr.done told the end of {job_id} {count} times"
        if job_id not in evidence.summaries:
            yield f"ocr.done told the end of {job_id}, which has no summary"


def _nothing_is_left(evidence: Evidence) -> Iterator[str]:
    for queue, count in evidence.queued.items():
        if count:
            yield f"work queue {queue} still holds {count} messages"
    for consumer, count in evidence.unsettled.items():
        if count:
            yield f"consumer {consumer} waits for {count} acks"
    of_job = Counter[str]()
    for subject, count in evidence.results.items():
        of_job[subject.split(".")[2]] += count
    for job_id, count in sorted(of_job.items()):
        yield f"RESULTS still holds {count} results of {job_id}"
    for key in sorted(evidence.job_keys):
        yield f"JOBS still holds {key}"
    for name, bucket in evidence.buckets.items():
        if bucket.ttl_s <= 0:
            yield f"nothing removes old objects from {name}: it has no ttl"
        elif bucket.oldest_s > bucket.ttl_s:
            yield f"{name} holds something {bucket.oldest_s:.0f} s old, past its time"
    yield from evidence.left_behind


def _pages(output: Output) -> list[dict[str, Any]]:
    pages: list[dict[str, Any]] = output.result.get("results", [])
    return pages


def _cancelled(summary: JobSummary, wanted: Expected) -> bool:
    """Whether the job was to be cancelled, and was before its end."""
    return wanted.may_be_cancelled and summary.status == "cancelled"


def _pages_are_their_own(output: Output, wanted: Expected, *, cancelled: bool) -> Iterator[str]:
    numbers = [page["page_number"] for page in _pages(output)]
    for number, count in Counter(numbers).items():
        if count > 1:
            yield f"page {number} is counted {count} times"
    if not cancelled and (missing := sorted(wanted.pages - set(numbers))):
        yield f"pages {missing} are missing"
    if others := sorted(set(numbers) - wanted.pages):
        yield f"pages {others} are none of its own"
    if numbers != sorted(numbers):
        yield "its pages are out of order"
    for page in _pages(output):
        number = page["page_number"]
        if page["status"] == "success":
            if page["text"] != wanted.texts.get(number):
                yield f"page {number} has the text {page['text']!r}, which is not its own"
        elif number in wanted.unreadable:
            if page["error"] != wanted.unreadable[number]:
                yield f"page {number} failed with another reason: {page['error']}"
        elif _EXHAUSTED.match(str(page["error"])) is None:
            yield f"page {number} can be read, and failed: {page['error']}"


def _metrics_are_consistent(summary: JobSummary, output: Output, wanted: Expected) -> Iterator[str]:
    pages = _pages(output)
    read = [page for page in pages if page["status"] == "success"]
    lost = len(pages) - len(read)
    by_worker = Counter(page["worker"] for page in pages if page["worker"] is not None)
    lined = [page["confidence"] for page in read if page["lines"]]
    if wanted.rejection is not None:
        errors: tuple[str, ...] = (wanted.rejection,)
        status = "failed"
    else:
        errors = tuple(error_of(page) for page in pages if page["error"])
        status = "failed" if not read else "partial_success" if lost else "success"
    if _cancelled(summary, wanted):
        status = "cancelled"
        errors = (*errors, f"cancelled after {len(pages)} of {len(wanted.pages)} pages")
    text = "\n\n".join(page["text"] for page in read) + ("\n" if read else "")
    claims: dict[str, tuple[object, object]] = {
        "status": (summary.status, status),
        "errors": (summary.errors, errors),
        "total_pages": (summary.total_pages, len(wanted.pages)),
        "pages_processed": (summary.pages_processed, len(read)),
        "pages_failed": (summary.pages_failed, lost),
        "total_words": (summary.total_words, sum(len(page["text"].split()) for page in read)),
        "total_chars": (summary.total_chars, sum(len(page["text"]) for page in read)),
        "total_lines": (summary.total_lines, sum(len(page["lines"]) for page in read)),
        "avg_confidence": (summary.avg_confidence, sum(lined) / len(lined) if lined else 0.0),
        "file_size_bytes": (summary.file_size_bytes, wanted.size_bytes),
        "ocr_rounds_per_worker": (summary.ocr_rounds_per_worker, dict(by_worker)),
        "pages of worker_metrics": (
            {each.worker: each.pages for each in summary.worker_metrics},
            dict(by_worker),
        ),
        "errors of worker_metrics": (
            sum(each.errors for each in summary.worker_metrics),
            sum(page["worker"] is not None for page in pages if page["status"] != "success"),
        ),
        "metrics of the result": (
            output.result.get("metrics"),
            summary.metrics(),
        ),
        "combined_text": (output.result.get("combined_text"), text),
        "the text": (output.text, text),
        "the Markdown": (output.markdown, output.result.get("combined_markdown")),
    }
    for name, (told, counted) in claims.items():
        if told != counted:
            yield f"{name} is {told!r}, but should be {counted!r}"
    yield from _times_are_consistent(summary, read)


def _times_are_consistent(summary: JobSummary, read: list[dict[str, Any]]) -> Iterator[str]:
    if summary.end_time < summary.start_time:
        yield "it ended before it started"
    between_ms = (summary.end_time - summary.start_time).total_seconds() * 1000
    if abs(between_ms - summary.total_duration_ms) > 2:  # times are told in whole ms
        yield f"it took {between_ms} ms by its times, and {summary.total_duration_ms} ms by itself"
    mean_ms = sum(page["duration_ms"] for page in read) / len(read) if read else 0.0
    if abs(mean_ms - summary.avg_page_time_ms) > _MEAN_TOLERANCE:
        yield f"avg_page_time_ms is {summary.avg_page_time_ms}, but should be {mean_ms}"
    for page in read:
        if page["attempts"] < 1:
            yield f"page {page['page_number']} was read in {page['attempts']} attempts"


def error_of(page: dict[str, Any]) -> str:
    """How a failed page stands in `errors`: named once, also where its reason names it."""
    name = f"page {page['page_number']}"
    reason: str = page["error"]
    return reason if reason.startswith(f"{name} ") else f"{name}: {reason}"
