"""The topology on a real server is what contracts.topology says."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from broker.apply_topology import apply_topology
from broker.connection import Broker
from contracts.topology import MIB, PAGES, TopologySettings, topology
from tests.conftest import SMALL_TOPOLOGY


async def _shape(broker: Broker) -> dict[str, Any]:
    """The configuration of all streams and consumers, without their counters."""
    shape: dict[str, Any] = {}
    for stream in await broker.jetstream.streams_info():
        name = stream.config.name or ""
        shape[name] = stream.config.as_dict()
        for consumer in await broker.jetstream.consumers_info(name):
            shape[f"{name}/{consumer.name}"] = consumer.config.as_dict()
    return shape


async def test_applying_the_topology_twice_changes_nothing(
    broker: Broker, topology_settings: TopologySettings
) -> None:
    before = await _shape(broker)
    await apply_topology(broker, topology(topology_settings))
    assert await _shape(broker) == before


async def test_many_services_may_apply_the_topology_at_once(
    empty_broker: Broker, connect: Callable[[], Awaitable[Broker]]
) -> None:
    wanted = topology(SMALL_TOPOLOGY)
    services = [empty_broker, *[await connect() for _ in range(4)]]
    await asyncio.gather(*(apply_topology(each, wanted) for each in services))

    shape = await _shape(empty_broker)
    assert {stream.name for stream in wanted.streams} <= shape.keys()
    assert {f"{each.stream}/{each.name}" for each in wanted.consumers} <= shape.keys()
    assert {f"OBJ_{bucket.name}" for bucket in wanted.buckets} <= shape.keys()
    assert {f"KV_{values.name}" for values in wanted.key_values} <= shape.keys()


async def test_applying_other_settings_updates_what_is_there(broker: Broker) -> None:
    larger = replace(SMALL_TOPOLOGY, store_bytes=4096 * MIB, page_ack_wait_s=7.0)
    await apply_topology(broker, topology(larger))

    shape = await _shape(broker)
    (wanted,) = (stream for stream in topology(larger).streams if stream.name == PAGES)
    assert shape[PAGES]["max_bytes"] == wanted.max_bytes
    assert shape[f"{PAGES}/bulk_latin"]["ack_wait"] == 7 * 10**9


@pytest.mark.parametrize(
    "topology_settings", [replace(SMALL_TOPOLOGY, max_pages_per_job_queued=5)], indirect=True
)
async def test_the_broker_fixture_takes_other_settings(broker: Broker) -> None:
    assert (await _shape(broker))[PAGES]["max_msgs_per_subject"] == 5
