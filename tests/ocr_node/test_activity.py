"""What a node counts, and the figures that it makes of it."""

import pytest

from contracts.errors import ChildCrashed
from ocr_node.activity import Activity
from ocr_node.pace import PageCost, PageRate, Usage, cpu_percent


def usage(at: float, cpu_s: float) -> Usage:
    return Usage(at=at, cpu_s=cpu_s, memory_mb=100.0, memory_percent=1.0)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def read_pages(activity: Activity, count: int) -> None:
    for number in range(1, count + 1):
        with activity.page(job_id="job", page_number=number):
            pass


def test_cpu_is_the_share_of_one_core_between_two_measurements() -> None:
    assert cpu_percent(usage(10.0, 3.0), usage(15.0, 10.5)) == 150.0
    assert cpu_percent(None, usage(15.0, 10.5)) == 0.0


def test_cpu_is_never_negative_while_an_ended_child_is_not_yet_collected() -> None:
    assert cpu_percent(usage(10.0, 3.0), usage(15.0, 2.0)) == 0.0
    assert cpu_percent(usage(10.0, 3.0), usage(10.0, 4.0)) == 0.0


def test_the_rate_is_that_of_the_last_minute() -> None:
    rate = PageRate()
    for at in range(100, 400):
        rate.note(at + 0.25)
        rate.note(at + 0.75)
    assert rate.per_second(400.0, since=100.0) == pytest.approx(2.0, rel=0.02)
    assert rate.per_second(430.0, since=100.0) == pytest.approx(1.0, rel=0.04)
    assert rate.per_second(1000.0, since=100.0) == 0.0


def test_the_rate_of_a_young_node_is_that_of_its_life() -> None:
    rate = PageRate()
    for at in range(100, 110):
        rate.note(float(at))
    assert rate.per_second(110.0, since=100.0) == 1.0
    # One page in the first tenth of a second is not ten pages a second.
    fresh = PageRate()
    fresh.note(100.1)
    assert fresh.per_second(100.1, since=100.0) == 0.2


def test_a_rate_keeps_one_figure_a_second_however_fast_pages_are() -> None:
    rate = PageRate()
    for number in range(100_000):
        rate.note(100.0 + number / 1000.0)
    assert len(rate._seconds) <= 61


def test_loading_models_is_no_pages_cost() -> None:
    cost = PageCost()
    cost.measured(usage(0.0, 8.0), pages=0, ready_engines=0)
    cost.measured(usage(5.0, 20.0), pages=0, ready_engines=1)
    assert cost.core_seconds_per_page == 0.0
    cost.measured(usage(10.0, 24.0), pages=2, ready_engines=1)
    assert cost.core_seconds_per_page == 2.0
    # A second engine has loaded its models meanwhile: counted anew from here on.
    cost.measured(usage(15.0, 40.0), pages=3, ready_engines=2)
    assert cost.core_seconds_per_page == 2.0
    cost.measured(usage(20.0, 43.0), pages=5, ready_engines=2)
    assert cost.core_seconds_per_page == 1.5


def test_a_node_starts_is_healthy_with_one_engine_and_stops() -> None:
    activity = Activity(clock=Clock())
    told = [activity.status]
    for happens in (activity.engine_is_ready, activity.is_stopping):
        happens()
        told.append(activity.status)
    assert told == ["starting", "healthy", "stopping"]


def test_pages_errors_and_pages_that_are_being_read_are_told() -> None:
    clock = Clock()
    activity = Activity(clock=clock)
    activity.engine_is_ready()
    activity.changed.clear()
    with activity.page(job_id="job", page_number=7):
        assert activity.changed.is_set()
        assert [(page.job_id, page.page_number) for page in activity.current_pages] == [("job", 7)]
        clock.now += 10.0
    assert (activity.current_pages, activity.pages, activity.errors) == ((), 1, 0)
    assert activity.pages_per_second == 0.1
    with pytest.raises(ChildCrashed), activity.page(job_id="job", page_number=8):
        raise ChildCrashed("gone")
    assert (activity.pages, activity.errors, activity.total_requests) == (1, 1, 2)
    assert activity.uptime_seconds == 10.0


def test_a_page_that_was_called_off_is_neither_read_nor_an_error() -> None:
    activity = Activity(clock=Clock())
    with pytest.raises(KeyboardInterrupt), activity.page(job_id="job", page_number=1):
        raise KeyboardInterrupt
    assert (activity.pages, activity.errors, activity.current_pages) == (0, 0, ())


def test_measuring_is_due_at_first_then_every_so_often_and_when_an_engine_is_ready() -> None:
    clock = Clock()
    activity = Activity(clock=clock)
    assert activity.measurement_is_due(5.0)
    activity.measured(usage(clock.now, 1.0))
    assert not activity.measurement_is_due(5.0)
    activity.engine_is_ready()
    assert activity.measurement_is_due(5.0)
    activity.measured(usage(clock.now, 2.0))
    clock.now += 5.0
    assert activity.measurement_is_due(5.0)
    read_pages(activity, 2)
    activity.measured(usage(clock.now, 5.0))
    assert (activity.cpu_percent, activity.core_seconds_per_page) == (60.0, 1.5)
