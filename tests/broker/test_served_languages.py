"""What doors know of the fleet's languages, with a clock that a test turns."""

from datetime import UTC, datetime

import pytest

from broker.connection import Broker
from broker.fleet import Fleet
from broker.served_languages import ServedLanguages, served_by
from contracts.errors import LanguageUnavailable
from contracts.fleet import LOST_AFTER_S, NodeHealth, NodeReport, fleet_status
from tests.waiting import wait_until


def node(name: str, *languages: str) -> NodeReport:
    return NodeReport(
        name=name, instance="1", host="here", port=0, version="1", engine="echo", engines=1,
        languages=languages, sent_at=datetime.now(UTC),
        health=NodeHealth(
            status="healthy", worker_name=name, cpu_percent=1, memory_percent=1, memory_mb=300,
            uptime_seconds=1, total_requests=1,
        ),
    )  # fmt: skip


async def test_doors_ask_the_fleet_seldom_and_hear_of_a_new_node_within_a_second(
    broker: Broker,
) -> None:
    now, fleet = 100.0, Fleet(broker)
    doors = ServedLanguages(broker, clock=lambda: now)

    async def tell(*reports: NodeReport) -> None:
        for report in reports:
            await fleet.report(report)

        async def are_known() -> bool:
            return {each.name for each in (await fleet.status()).workers} >= {
                each.name for each in reports
            }

        await wait_until(are_known, "the heartbeats to be stored")

    await doors.check("korean")  # no node is known: one may come
    await tell(node("a", "de", "en"))
    now += 1.0
    with pytest.raises(LanguageUnavailable, match="no node at the moment; choose one of: de, en;"):
        await doors.check("korean")
    await doors.check("fi")  # by the same weights
    await tell(node("b", "korean", "a name of a later release"))
    with pytest.raises(LanguageUnavailable):
        await doors.check("korean")
    now += 1.0
    await doors.check("korean")
    await fleet.leave(node("b"))
    now += 4.9
    await doors.check("korean")
    now += 0.1
    with pytest.raises(LanguageUnavailable):
        await doors.check("korean")


def test_a_lost_node_reads_nothing_and_without_any_other_none_is_known() -> None:
    lost, there = (node("a", "korean"), LOST_AFTER_S + 1), (node("b", "en"), 1.0)
    assert served_by(fleet_status([lost, there])) == frozenset({"en"})
    assert served_by(fleet_status([lost])) is None
    assert served_by(fleet_status([])) is None
