"""The fleet as it shows itself, with real node processes."""

import asyncio
import base64
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from broker.apply_topology import apply_topology
from broker.connection import Broker, BrokerAddress
from broker.fleet import Fleet
from broker.job_store import JobStore
from broker.page_queue import PageQueue
from broker.results import Results
from contracts.errors import BrokerUnavailable
from contracts.fleet import LOST_AFTER_S, FleetStatus
from contracts.pages import PageSucceeded
from contracts.topology import topology
from tests.conftest import SMALL_TOPOLOGY
from tests.documents import encoded, picture
from tests.examples import manifest, page_task
from tests.nats_server import NatsServer
from tests.running_services import Start, begun, free_port, log_of, running_services
from tests.waiting import wait_until


async def answers_to(broker: Broker, subject: str, count: int) -> list[dict[str, Any]]:
    """What `count` of those who are asked answer, as any NATS client sees it."""
    client = broker.client
    inbox = client.new_inbox()
    subscription = await client.subscribe(inbox)
    await client.publish(subject, reply=inbox)
    try:
        return [json.loads((await subscription.next_msg(timeout=5)).data) for _ in range(count)]
    finally:
        await subscription.unsubscribe()


async def fleet_shows(
    fleet: Fleet, condition: Callable[[FleetStatus], bool], what: str, timeout_s: float = 20.0
) -> FleetStatus:
    seen: list[FleetStatus] = []

    async def holds() -> bool:
        try:
            seen.append(await fleet.status())
        except BrokerUnavailable:
            return False
        return condition(seen[-1])

    await wait_until(holds, what, timeout_s)
    return seen[-1]


async def test_nodes_show_themselves_by_heartbeats_on_nats_and_over_http(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    port, fleet = free_port(), Fleet(broker)
    await JobStore(broker).put_manifest(manifest(job_id="job", pages=2))
    image = encoded(picture("x"))
    for page_index in range(2):
        await PageQueue(broker).publish(page_task(job_id="job", page_index=page_index, image=image))
    slow = {"OCR_ECHO_DELAY_MS": "2000"}
    a = start("node", name="a", WORKER_NAME="node-a", WORKER_PORT=str(port), **slow)
    # The port is taken, or will be: whoever comes second does without a door.
    b = start("node", name="b", WORKER_NAME="node-b", WORKER_PORT=str(port), **slow)

    def both_read(status: FleetStatus) -> bool:
        return status.healthy_workers == 2 and all(each.current_pages for each in status.workers)

    seen = await fleet_shows(fleet, both_read, "two healthy nodes with a page each", 40.0)
    assert [each.name for each in seen.workers] == ["node-a", "node-b"]
    assert sorted(each.port for each in seen.workers) == [0, port]
    assert "set WORKER_PORT to a free port" in log_of(tmp_path / "services")
    assert {page.page_number for each in seen.workers for page in each.current_pages} == {1, 2}
    for worker in seen.workers:
        assert (worker.engine, worker.engines, worker.current_pages[0].job_id) == ("echo", 1, "job")
        assert {"en", "de", "ch"} <= set(worker.languages)
        assert worker.health.memory_mb > 30
        assert worker.seconds_since_heartbeat < 10

    base_url = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=base_url, timeout=30.0, trust_env=False) as client:
        # There is one engine: this page is read when that of the queue has been.
        body = {"image_base64": base64.b64encode(image).decode(), "page_number": 9}
        asked = asyncio.create_task(client.post("/ocr", json=body))
        health = (await client.get("/health")).json()
        assert health["status"] == "healthy"
        assert health["worker_name"] in {"node-a", "node-b"}
        answer = await asked
        assert (answer.status_code, answer.json()["page_number"]) == (200, 9)
    results = [await Results(broker).page(job_id="job", page_index=each) for each in range(2)]
    assert all(isinstance(each, PageSucceeded) and each.attempts == 1 for each in results)

    pings = await answers_to(broker, "$SRV.PING.ocr-node", 2)
    assert {each["metadata"]["name"] for each in pings} == {"node-a", "node-b"}
    assert {each["metadata"]["engine"] for each in pings} == {"echo"}
    assert all("en" in each["metadata"]["languages"].split(",") for each in pings)
    infos = await answers_to(broker, "$SRV.INFO.ocr-node", 2)
    assert {each["endpoints"][0]["subject"] for each in infos} == {
        "ocr.node.node-a",
        "ocr.node.node-b",
    }

    def all_is_read(status: FleetStatus) -> bool:
        return sorted(each.pages for each in status.workers) == [1, 2]

    await fleet_shows(fleet, all_is_read, "three pages read, one of them at the door")
    stats = await answers_to(broker, "$SRV.STATS.ocr-node", 2)
    for each in stats:
        data = each["endpoints"][0]["data"]
        assert (data["pages"], data["errors"]) == (data["total_requests"], 0)
        assert data["memory_mb"] > 30
    (report,) = await answers_to(broker, "ocr.node.node-b", 1)
    assert (report["name"], report["health"]["status"]) == ("node-b", "healthy")

    for process in (a, b):
        process.terminate()
    await fleet_shows(fleet, lambda status: status.total_workers == 0, "both to have left")
    assert [await asyncio.to_thread(each.wait, 20) for each in (a, b)] == [0, 0]


async def test_nodes_come_back_after_the_brokers_end_and_are_lost_after_their_own(
    tmp_path: Path,
) -> None:
    (tmp_path / "services").mkdir()
    with NatsServer(tmp_path / "server") as server:
        async with await Broker.connect(BrokerAddress(url=server.url), name="test") as broker:
            await apply_topology(broker, topology(SMALL_TOPOLOGY))
            fleet = Fleet(broker)
            async with running_services(tmp_path / "services", server.url) as start:
                a = start("node", name="a", WORKER_NAME="node-a")
                b = start("node", name="b", WORKER_NAME="node-b")
                await begun(a, b)

                def both_are_well(status: FleetStatus) -> bool:
                    return status.healthy_workers == status.total_workers == 2

                await fleet_shows(fleet, both_are_well, "two healthy nodes", 30.0)
                server.kill()
                server.start()
                # What was in the broker's memory is gone, and told anew.
                await fleet_shows(fleet, both_are_well, "two healthy nodes again", 30.0)
                pings = await answers_to(broker, "$SRV.PING.ocr-node", 2)
                assert {each["metadata"]["name"] for each in pings} == {"node-a", "node-b"}

                a.kill()
                killed_at = time.monotonic()
                b.terminate()
                await fleet_shows(
                    fleet,
                    lambda status: [each.name for each in status.workers] == ["node-a"],
                    "node-b to have left",
                )
                seen = await fleet_shows(
                    fleet, lambda status: status.workers[0].status == "lost", "node-a lost", 21.0
                )
                assert time.monotonic() - killed_at > LOST_AFTER_S - 6.0
                assert (seen.total_workers, seen.healthy_workers) == (1, 0)
