"""The topology as data."""

from itertools import combinations

from contracts import subjects
from contracts.topology import TopologySettings, topology


def test_sizes_stay_within_the_store() -> None:
    wanted = topology(TopologySettings(store_bytes=10**10))
    sizes = [
        *(each.max_bytes for each in wanted.streams),
        *(each.max_bytes for each in wanted.buckets),
        *(each.max_bytes for each in wanted.key_values),
    ]
    assert 0.9 * 10**10 < sum(sizes) <= 10**10


def test_consumers_of_the_work_queue_have_disjoint_filters() -> None:
    specs = topology(TopologySettings()).consumers
    filters = [each.filter_subject for each in specs]
    assert len(filters) == 3 + 2 * 12
    assert not any(
        one.removesuffix(">") in other for one, other in combinations(sorted(filters), 2)
    )


def test_every_page_subject_has_its_consumer() -> None:
    subject = subjects.page(priority="bulk", script="han", tenant="default", job_id="j")
    (found,) = [
        each
        for each in topology(TopologySettings()).consumers
        if subject.startswith(each.filter_subject.removesuffix(">"))
    ]
    assert found.name == "bulk_han"


def test_a_results_subject_gives_its_key_back() -> None:
    assert subjects.result_key(subjects.result(job_id="j", page_index=7)) == ("j", 7)
    assert subjects.result_key(subjects.rejection(job_id="j")) == ("j", None)
