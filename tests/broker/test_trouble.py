"""A broker that is away, dies, is too bare; and pages that nobody settles."""

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from aggregator.reaper import Reaper
from broker.apply_topology import apply_topology
from broker.connection import Broker, BrokerAddress
from broker.dead_pages import DeadPages
from broker.page_queue import PagePuller, PageQueue
from broker.publishing import delete_message
from broker.results import Results
from contracts import topology as names
from contracts.errors import BrokerUnavailable, BrokerUnsuitable
from contracts.pages import PageFailed
from contracts.topology import topology
from tests.conftest import SMALL_TOPOLOGY
from tests.examples import page_succeeded, page_task
from tests.nats_server import CONFIG, NatsServer
from tests.running_services import free_port
from tests.waiting import wait_until


async def test_a_broker_that_is_not_there_is_reported_with_what_to_do() -> None:
    address = BrokerAddress(url="nats://127.0.0.1:9")
    with pytest.raises(BrokerUnavailable, match=r"no broker answers at .* set NATS_URL"):
        await Broker.connect(address, name="test", wait_s=0.1)


async def test_of_several_brokers_one_that_answers_is_enough(broker_url: str) -> None:
    address = BrokerAddress(url=f"nats://127.0.0.1:9, {broker_url}")
    async with await Broker.connect(address, name="test") as broker:
        await broker.answers()


async def test_a_broker_without_jetstream_is_refused(tmp_path: Path) -> None:
    with (
        NatsServer(tmp_path / "bare", config=None) as server,
        pytest.raises(BrokerUnsuitable, match="has no JetStream"),
    ):
        await Broker.connect(BrokerAddress(url=server.url), name="test")


async def test_a_broker_that_misses_the_others_of_its_cluster_is_told_from_one_without_jetstream(
    tmp_path: Path,
) -> None:
    for each in (CONFIG, CONFIG.parent / "deploy" / "nats" / "cluster.conf"):
        shutil.copy(each, tmp_path)
    alone = NatsServer(
        tmp_path / "alone",
        config=tmp_path / "cluster.conf",
        variables={
            "NATS_SERVER_NAME": "broker-1",
            "NATS_LISTEN": "127.0.0.1:4222",
            "NATS_CLUSTER_LISTEN": '"127.0.0.1:-1"',
            "NATS_ROUTES": '["nats-route://127.0.0.1:9", "nats-route://127.0.0.1:10"]',
        },
    )
    with alone, pytest.raises(BrokerUnavailable, match="of three brokers, two must run"):
        await Broker.connect(BrokerAddress(url=alone.url), name="test", wait_s=0.1)


async def test_work_goes_on_after_the_broker_was_killed(tmp_path: Path) -> None:
    with NatsServer(tmp_path / "server") as server:
        async with await Broker.connect(BrokerAddress(url=server.url), name="test") as broker:
            await apply_topology(broker, topology(SMALL_TOPOLOGY))
            queue, results = PageQueue(broker), Results(broker)
            told: list[int | None] = []

            async def follow() -> None:
                async for arrived in results.feed():
                    if arrived is not None:
                        told.append(arrived.page_index)

            follower = asyncio.create_task(follow())
            await queue.publish(page_task())
            await results.publish(page_succeeded())
            await wait_until(lambda: told == [0], "the first result")
            async with PagePuller(broker) as pages:
                server.kill()
                waiting = asyncio.create_task(queue.publish(page_task(page_index=1)))
                server.start()
                await waiting
                await results.publish(page_succeeded(page_index=1))
                seen: set[int] = set()

                async def both_pages() -> bool:
                    try:
                        page = await pages.pull()
                        if page is not None:
                            seen.add((await page.task()).page_index)
                            await page.delivery.ack()
                    except BrokerUnavailable:
                        return False
                    return seen == {0, 1}

                await wait_until(both_pages, "what was stored before and after the kill", 30.0)
            await wait_until(lambda: set(told) == {0, 1}, "the feed to go on", 30.0)
            follower.cancel()
            with pytest.raises(asyncio.CancelledError):
                await follower


@pytest.mark.parametrize(
    "topology_settings",
    [replace(SMALL_TOPOLOGY, max_retries=2, page_ack_wait_s=0.1)],
    indirect=True,
)
async def test_a_page_that_ran_out_of_deliveries_becomes_a_failed_result(broker: Broker) -> None:
    await PageQueue(broker).publish(page_task(page_index=6))
    reaper = asyncio.create_task(Reaper(broker).run())
    results = Results(broker)
    async with PagePuller(broker) as pages:

        async def reaped() -> bool:
            await pages.pull()  # and never settled, as if the node had died
            return await results.page(job_id="job-1", page_index=6) is not None

        await wait_until(reaped, "the reaper's result", 30.0)
    result = await results.page(job_id="job-1", page_index=6)
    assert isinstance(result, PageFailed)
    assert "given up after it was handed over 22 times" in result.error

    async def queue_is_empty() -> bool:
        return (await broker.jetstream.stream_info(names.PAGES)).state.messages == 0

    await wait_until(queue_is_empty, "the dead page to leave the queue")
    reaper.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reaper


@pytest.mark.parametrize(
    "topology_settings",
    [replace(SMALL_TOPOLOGY, max_retries=1, page_ack_wait_s=0.1)],
    indirect=True,
)
async def test_a_page_that_is_gone_when_the_reaper_comes_stops_nobody(broker: Broker) -> None:
    await PageQueue(broker).publish(page_task(page_index=6))

    async def advisory() -> bool:
        async with PagePuller(broker) as pages:
            await pages.pull()
        return (await broker.jetstream.stream_info(names.DEAD)).state.messages == 1

    await wait_until(advisory, "the server to give the page up", 30.0)
    # Its node acks late.
    assert await delete_message(broker, names.PAGES, 1)
    assert not await delete_message(broker, names.PAGES, 1)
    async with DeadPages(broker) as dead_pages:
        page = await dead_pages.pull()
        assert page is not None
        assert page.task is None
        await dead_pages.bury(page)
        assert await dead_pages.pull() is None


# Of nats-py, by aiohttp.
@pytest.mark.filterwarnings("ignore:parameter 'timeout':DeprecationWarning")
async def test_a_broker_is_reached_by_a_web_socket_too(tmp_path: Path) -> None:
    port = free_port()
    config = tmp_path / "server.conf"
    listener = f'\nwebsocket {{ listen: "127.0.0.1:{port}", no_tls: true }}\n'
    config.write_text(CONFIG.read_text() + listener)
    with NatsServer(tmp_path / "server", config=config):
        address = BrokerAddress(url=f"ws://127.0.0.1:{port}")
        async with await Broker.connect(address, name="test") as broker:
            await broker.answers()
