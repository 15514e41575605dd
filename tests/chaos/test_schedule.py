"""A seed is a schedule, and a schedule never asks for the impossible."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from tests.chaos.crew import BROKERS, DOORS, Crew
from tests.chaos.doors import DOOR_NAMES, LARGE_DOORS
from tests.chaos.paper import document, expected
from tests.chaos.schedule import (
    ALL_BROKERS,
    FAULT_KINDS,
    FILLABLE,
    LEADERS,
    LONGEST_FREEZE_S,
    Fault,
    plan_faults,
)
from tests.chaos.workload import KINDS, MAX_PAGES, PlannedJob, plan_jobs

SEEDS = st.integers(min_value=0, max_value=10**6)


def faults(seed: int, *, last_s: float = 175.0, every_s: float = 5.0) -> list[Fault]:
    return plan_faults(seed, first_s=3.0, last_s=last_s, every_s=every_s, crew=Crew())


def jobs(seed: int, *, lasts_s: float = 180.0) -> list[PlannedJob]:
    return plan_jobs(seed, lasts_s=lasts_s, every_s=2.0, doors=DOOR_NAMES, large_doors=LARGE_DOORS)


@given(seed=SEEDS)
def test_the_same_seed_gives_the_same_schedule_and_jobs(seed: int) -> None:
    assert faults(seed) == faults(seed)
    assert jobs(seed) == jobs(seed)


def test_another_seed_gives_another_schedule_and_other_jobs() -> None:
    assert faults(1) != faults(2)
    assert jobs(1) != jobs(2)


@given(seed=SEEDS, every_s=st.floats(min_value=0.05, max_value=20.0))
def test_every_fault_begins_and_is_lifted_within_the_window(seed: int, every_s: float) -> None:
    for fault in faults(seed, every_s=every_s):
        assert fault.at_s >= 3.0
        assert fault.lifted_s <= 175.0 + 0.02  # both are rounded
        assert fault.lasts_s <= LONGEST_FREEZE_S


@given(seed=SEEDS, every_s=st.floats(min_value=0.05, max_value=20.0))
def test_nothing_is_hit_again_before_its_last_fault_is_lifted(seed: int, every_s: float) -> None:
    free_from: dict[str, float] = {}
    for fault in faults(seed, every_s=every_s):
        busy = "fill" if fault.kind == "fill" else fault.target
        assert free_from.get(busy, 0.0) <= fault.at_s + 0.02
        free_from[busy] = fault.lifted_s


def test_a_long_run_has_every_kind_of_fault_and_of_job_and_every_door() -> None:
    assert {fault.kind for fault in faults(1, last_s=600.0)} == {*FAULT_KINDS} - {"isolate"}
    long_run = jobs(1, lasts_s=600.0)
    assert {job.kind for job in long_run} == set(KINDS)
    assert {job.door for job in long_run} == set(DOOR_NAMES)
    assert any(job.cancelled_after_s is not None for job in long_run)


@given(seed=SEEDS)
def test_of_three_brokers_one_at_a_time_is_hit_or_all_are(seed: int) -> None:
    crew = Crew(cluster=True, gateways=2, nodes=4)
    found = plan_faults(seed, first_s=3.0, last_s=600.0, every_s=2.0, crew=crew)
    brokers = [fault for fault in found if fault.target in {*BROKERS, ALL_BROKERS, *LEADERS}]
    assert {fault.kind for fault in brokers} == {"kill", "freeze", "restart", "isolate"}
    assert {fault.label for fault in brokers} >= {"kill leader", "kill brokers", "kill broker"}
    assert {fault.target for fault in found} <= {
        *(*BROKERS, ALL_BROKERS, *LEADERS, *FILLABLE, DOORS, *crew.services)
    }
    for before, after in itertools.pairwise(brokers):
        assert before.lifted_s <= after.at_s + 0.02


@given(seed=SEEDS)
def test_faults_that_are_kept_apart_hit_brokers_only_and_never_overlap(seed: int) -> None:
    found = plan_faults(
        seed, first_s=3.0, last_s=300.0, every_s=5.0, crew=Crew(cluster=True), apart_s=8.0
    )
    for before, after in itertools.pairwise(found):
        assert before.lifted_s + 8.0 <= after.at_s + 0.02
    assert {fault.target for fault in found} <= {*BROKERS, ALL_BROKERS, *LEADERS}


@given(seed=SEEDS)
def test_jobs_have_1_to_200_pages_and_ids_of_their_own(seed: int) -> None:
    planned = jobs(seed)
    assert all(1 <= job.pages <= MAX_PAGES for job in planned)
    assert len({job.job_id for job in planned}) == len(planned)


def test_what_a_document_holds_is_known_beforehand_for_every_kind_of_job() -> None:
    by_kind = {job.kind: job for job in jobs(1, lasts_s=600.0)}
    for kind, job in by_kind.items():
        wanted = expected(job)
        assert wanted == expected(job)
        assert wanted.size_bytes == len(document(job))
        assert (wanted.rejection is not None or bool(wanted.unreadable)) == (
            kind in {"bad", "bad_page"}
        )
    assert len(document(by_kind["large_pdf"])) > 1024 * 1024
    assert len(document(by_kind["huge_picture"])) > 8 * 1024 * 1024


def test_no_page_looks_like_one_of_another_job() -> None:
    texts = [
        text.split()[0]
        for job in jobs(1, lasts_s=60.0)
        if job.kind != "bad"
        for text in expected(job).texts.values()
    ]
    assert len(set(texts)) == len(texts)
