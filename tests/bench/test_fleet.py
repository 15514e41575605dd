"""`docr bench fleet`, small, as a user runs it."""

import json
from pathlib import Path
from statistics import mean

import pytest

from bench.fleet.recovery import flows_at
from bench.fleet.simulated_node import PageTimes
from bench.fleet.taken_pages import Notebook, TakenPage, quantile, taken_pages
from contracts.errors import InvalidOption
from docr.bench_fleet import parse_steps
from tests.docr.commands import docr


def _page(taken_at: float, *, page_s: float = 1.0) -> TakenPage:
    return TakenPage(taken_at=taken_at, waited_s=0.25, number=1, page_s=page_s, node="n")


def test_five_nodes_read_all_that_was_handed_in_and_each_part_is_counted(tmp_path: Path) -> None:
    done = docr(
        *("bench", "fleet", "--steps", "5", "--page-seconds", "0.1", "--page-kb", "10"),
        *("--rounds", "2", "--seconds", "1", "--no-recovery", "--out", "found"),
        folder=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "found" / "fleet.json").read_text())
    (step,) = found["steps"]
    assert step["accounted"] == step["submitted"] > 0
    assert step["connections"] >= 5 + 2
    assert set(step["core_ms_a_page"]) == {"ingest", "broker", "nodes", "aggregator"}
    for busy in step["busy"]:
        window = busy["window"]
        assert 0 < busy["busy"] <= 1
        # What nodes were busy with is what they read, but for pages at the window's edges.
        read_s = busy["busy"] * 5 * (window["end"] - window["begin"])
        assert abs(read_s - 0.1 * busy["pages"]) < 0.5 * read_s + 1
        assert window["core_s"]["broker"]["tree"] > 0
    assert "5 nodes" in done.stdout
    assert (tmp_path / "found" / "fleet.svg").read_text().startswith("<?xml")


def test_a_step_whose_nodes_are_not_ready_in_time_says_what_to_do(tmp_path: Path) -> None:
    done = docr(
        *("bench", "fleet", "--steps", "1", "--limit", "1", "--no-recovery", "--out", "found"),
        folder=tmp_path,
    )
    assert done.returncode == 1
    assert "within 1 s; measure with fewer --nodes" in done.stderr


def test_the_same_seed_draws_the_same_times_around_their_mean() -> None:
    drawn = [PageTimes(mean_s=2.0, spread=0.5, seed="1-7").next_s() for _ in range(2)]
    assert drawn[0] == drawn[1]
    times = PageTimes(mean_s=2.0, spread=0.5, seed="1-7")
    assert mean(times.next_s() for _ in range(5000)) == pytest.approx(2.0, rel=0.05)


def test_pages_are_read_back_as_they_were_noted_and_half_a_line_is_left_out(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notebook = Notebook(notes)
    notebook.note(_page(20.0))
    notebook.note(_page(10.0))
    notebook.close()
    with notes.open("a") as file:
        file.write("30.0 0.1")
    assert taken_pages([notes, tmp_path / "none"]) == [_page(10.0), _page(20.0)]


def test_a_page_counts_for_the_part_of_a_window_in_which_it_was_read() -> None:
    page = _page(10.0, page_s=4.0)
    assert page.busy_s(0.0, 12.0) == 2.0
    assert page.busy_s(13.0, 20.0) == 1.0
    assert page.busy_s(20.0, 30.0) == 0.0
    assert quantile([_page(1.0, page_s=n) for n in (1, 2, 3, 4)], 0.5, lambda p: p.page_s) == 2
    assert quantile([], 0.5, lambda p: p.page_s) is None


def test_pages_flow_again_when_three_seconds_bring_four_fifths_of_what_they_brought_before() -> (
    None
):
    slow, quick = [_page(n) for n in (1.0, 5.0, 9.0)], [_page(20.0 + n / 10) for n in range(30)]
    assert flows_at([*slow, *quick], rate=10.0) == 20.0
    assert flows_at(slow, rate=10.0) is None


def test_steps_go_up_to_the_nodes_that_were_asked_for() -> None:
    assert parse_steps("", nodes=200) == [10, 30, 100, 200]
    assert parse_steps("30, 10,10", nodes=1) == [10, 30]
    for text in ("x", "0", ","):
        with pytest.raises(InvalidOption, match="numbers of nodes"):
            parse_steps(text, nodes=1)
