"""The fleet from heartbeats and their ages."""

from typing import Any

import pytest

from contracts.fleet import NodeHealth, NodeReport, NodeStatus, fleet_status
from tests.examples import START


def report(
    name: str, *, status: NodeStatus = "healthy", instance: str = "a", **changes: Any
) -> NodeReport:
    health = NodeHealth(
        status=status,
        worker_name=name,
        cpu_percent=10.0,
        memory_percent=1.0,
        memory_mb=100.0,
        uptime_seconds=60.0,
        total_requests=3,
    )
    known: dict[str, Any] = {
        "name": name,
        "instance": instance,
        "host": "host",
        "port": 8001,
        "version": "0.1.0",
        "engine": "echo",
        "engines": 2,
        "languages": ("en",),
        "health": health,
        "sent_at": START,
    }
    return NodeReport(**{**known, **changes})


def test_no_heartbeat_is_an_empty_fleet() -> None:
    fleet = fleet_status([])
    assert (fleet.total_workers, fleet.healthy_workers, fleet.workers) == (0, 0, ())


def test_a_node_is_lost_after_fifteen_seconds_of_silence_whatever_it_said_last() -> None:
    fleet = fleet_status([(report("a"), 15.0), (report("b"), 15.1), (report("c"), 3000.0)])
    assert [each.status for each in fleet.workers] == ["healthy", "lost", "lost"]
    assert [each.health.status for each in fleet.workers] == ["healthy", "lost", "lost"]
    assert (fleet.total_workers, fleet.healthy_workers) == (3, 1)


@pytest.mark.parametrize("status", ["starting", "stopping"])
def test_a_node_that_starts_or_stops_counts_and_is_not_healthy(status: NodeStatus) -> None:
    fleet = fleet_status([(report("a", status=status), 1.0)])
    assert (fleet.total_workers, fleet.healthy_workers) == (1, 0)
    assert fleet.workers[0].status == status


def test_nodes_stand_by_name_and_two_of_one_name_are_two() -> None:
    fleet = fleet_status(
        [(report("b"), 1.0), (report("a", instance="y"), 1.0), (report("a", instance="x"), 1.0)]
    )
    assert [(each.name, each.instance) for each in fleet.workers] == [
        ("a", "x"),
        ("a", "y"),
        ("b", "a"),
    ]


def test_clocks_that_differ_a_little_give_no_negative_age() -> None:
    (worker,) = fleet_status([(report("a"), -0.4)]).workers
    assert (worker.seconds_since_heartbeat, worker.status) == (0.0, "healthy")


def test_what_a_node_told_is_shown_as_it_is() -> None:
    told = report("a", pages=7, errors=1, pages_per_second=0.5, core_seconds_per_page=1.25)
    (worker,) = fleet_status([(told, 2.04)]).workers
    shown = worker.model_dump()
    assert shown.pop("status") == "healthy"
    assert shown.pop("seconds_since_heartbeat") == 2.0
    assert shown == told.model_dump()
