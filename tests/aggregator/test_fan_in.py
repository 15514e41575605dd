"""Folding results into the state of a job."""

import random

from hypothesis import given
from hypothesis import strategies as st

from aggregator.fan_in import JobProgress, document_failed, page_ended
from contracts.page_ranges import PageRanges, SelectedPages


def fold(selected: SelectedPages, pages: list[int]) -> JobProgress:
    progress = JobProgress(selected=selected)
    for page_index in pages:
        progress = page_ended(progress, page_index)
    return progress


selections = st.builds(
    lambda first, length: PageRanges(ranges=((first, first + length),)).within(200),
    st.integers(0, 90),
    st.integers(0, 90),
)


@given(selections, st.lists(st.integers(0, 250)), st.randoms(use_true_random=False))
def test_any_order_and_any_duplication_give_the_same_state(
    selected: SelectedPages, pages: list[int], dice: random.Random
) -> None:
    again = pages + dice.choices(pages, k=len(pages)) if pages else []
    dice.shuffle(again)
    assert fold(selected, again) == fold(selected, pages)


@given(selections, st.lists(st.integers(0, 250)))
def test_a_job_is_complete_when_each_of_its_pages_has_ended(
    selected: SelectedPages, pages: list[int]
) -> None:
    progress = fold(selected, pages)
    assert progress.done == len({page for page in pages if page in selected})
    assert progress.complete == (set(selected.indexes()) <= set(pages))
    assert fold(selected, [*pages, *selected.indexes()]).complete


@given(selections, st.lists(st.integers(0, 250)))
def test_a_rejected_document_completes_its_job_before_or_after_any_page(
    selected: SelectedPages, pages: list[int]
) -> None:
    before = document_failed(JobProgress(selected=selected))
    for page in pages:
        before = page_ended(before, page)
    assert before == document_failed(fold(selected, pages))
    assert before.complete


def test_a_page_that_was_not_waited_for_changes_nothing() -> None:
    progress = fold(PageRanges.parse("2-3").within(5), [1])
    assert page_ended(progress, 0) is progress
    assert page_ended(progress, 1) is progress
