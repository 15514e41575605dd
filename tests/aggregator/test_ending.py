"""Why and when a job ends."""

from datetime import timedelta

import pytest

from aggregator.ending import ending_of, missing_page_error
from aggregator.fan_in import JobProgress, document_failed, page_ended
from tests.examples import START, manifest

JOB = manifest(pages=2)
NOTHING = JobProgress(selected=JOB.selected)
ALL = page_ended(page_ended(NOTHING, 0), 1)
LATE = JOB.deadline + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("progress", "cancelled", "now", "expected"),
    [
        (NOTHING, False, START, None),
        (NOTHING, False, JOB.deadline, "deadline"),
        (NOTHING, True, START, "cancelled"),
        (NOTHING, True, LATE, "cancelled"),
        (ALL, False, START, "complete"),
        (ALL, True, LATE, "complete"),
        (document_failed(NOTHING), True, START, "complete"),
    ],
)
def test_what_is_complete_is_so_whatever_else_happened(
    progress: JobProgress, cancelled: bool, now: object, expected: str | None
) -> None:
    assert ending_of(JOB, progress, cancelled=cancelled, now=now) == expected  # type: ignore[arg-type]


def test_a_missing_page_says_by_which_deadline_it_was_missed() -> None:
    assert "deadline of 24 h; see that nodes run" in missing_page_error(JOB, "deadline")
    assert "submit the document again" in missing_page_error(JOB, "complete")
