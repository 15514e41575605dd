"""Services that are told to stop, one by one and all of them, while work goes on."""

import asyncio
import contextlib
import subprocess
from pathlib import Path

import pytest

from broker.connection import Broker
from broker.job_store import JobStore
from broker.page_queue import PagePuller, PageQueue
from contracts import topology
from tests.documents import pdf
from tests.examples import manifest, page_task
from tests.running_services import (
    Start,
    begun,
    endings_of,
    held_by_nodes,
    is_read,
    messages_in,
    nothing_is_left,
    result_of,
    submit,
)
from tests.waiting import wait_until


async def test_a_stopped_node_finishes_its_page_and_exits_cleanly(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    for service in ("ingest", "aggregator"):
        start(service)
    # Longer than until the next heartbeat, which tells that it is read.
    node = start("node", OCR_ECHO_DELAY_MS="3000", STOP_GRACE_SECONDS="20")
    async with endings_of(broker) as endings:
        await submit(broker, tmp_path, pdf(1), "job")
        await wait_until(lambda: is_read(broker), "a page to be read", 30.0)
        node.terminate()
        assert await asyncio.to_thread(node.wait, 20) == 0
        await wait_until(lambda: bool(endings), "the job's end", 10.0)
    assert (endings[0].status, endings[0].worker_metrics[0].pages) == ("success", 1)


@pytest.mark.parametrize("service", ["ingest", "node", "aggregator", "gateway"])
async def test_a_service_that_is_told_to_stop_again_and_again_exits_cleanly(
    broker: Broker, start: Start, service: str
) -> None:
    del broker
    process = start(service, COORDINATOR_PORT="0")
    await begun(process)

    def ends() -> None:
        while process.poll() is None:
            process.terminate()
            # As often as it can hear: the last moments are the delicate ones.
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.001)

    await asyncio.to_thread(ends)
    assert process.returncode == 0


async def test_a_page_that_takes_longer_than_the_grace_time_goes_to_another_node_at_once(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    for service in ("ingest", "aggregator"):
        start(service)
    # A lease so long that only giving back can explain what follows.
    slow = {"PAGE_LEASE_SECONDS": "600"}
    node = start("node", OCR_ECHO_DELAY_MS="600000", STOP_GRACE_SECONDS="0.5", **slow)
    async with endings_of(broker) as endings:
        await submit(broker, tmp_path, pdf(1), "job")

        async def node_is_busy() -> bool:
            return await held_by_nodes(broker) == 1

        await wait_until(node_is_busy, "a page to be read", 30.0)
        node.terminate()
        assert await asyncio.to_thread(node.wait, 20) == 0
        start("node", **slow)
        await wait_until(lambda: bool(endings), "the job's end", 20.0)
        pages = (await result_of(broker, endings[0]))["results"]
    # On a slow machine the first node had not begun it.
    assert [page["attempts"] for page in pages] in ([2], [1])


async def test_a_page_given_back_before_it_was_begun_spends_no_attempt(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    del tmp_path
    await JobStore(broker).put_manifest(manifest(job_id="job"))
    await PageQueue(broker).publish(page_task(job_id="job"))
    for _ in range(5):  # more than MAX_RETRIES
        async with PagePuller(broker) as pages:

            async def taken_and_given_back(puller: PagePuller = pages) -> bool:
                page = await puller.pull()
                if page is not None:
                    await puller.give_back(page)
                return page is not None

            await wait_until(taken_and_given_back, "the page")
    start("node")

    async def has_result() -> bool:
        return await messages_in(broker, topology.RESULTS) == 1

    await wait_until(has_result, "the page's result", 30.0)
    message = await broker.jetstream.get_msg(topology.RESULTS, seq=1)
    # "an image" is none: given up at once, at the first attempt.
    assert b"cannot be decoded" in (message.data or b"")
    assert b"\xa8attempts\x01" in (message.data or b"")


async def test_a_rolling_restart_of_everything_changes_nothing_but_the_duration(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    services = ("ingest", "node", "node", "aggregator", "aggregator", "ingest")
    running = [(each, start(each, OCR_ECHO_DELAY_MS="10")) for each in services]
    async with endings_of(broker) as endings:
        await submit(broker, tmp_path, pdf(500), "job")
        for number, (service, process) in enumerate(running, start=1):
            threshold = number * 40

            async def enough_are_read(pages: int = threshold) -> bool:
                return await messages_in(broker, topology.RESULTS) >= pages

            await wait_until(enough_are_read, f"{threshold} pages to be read", 60.0)
            process.terminate()
            assert await asyncio.to_thread(process.wait, 20) == 0
            start(service, OCR_ECHO_DELAY_MS="10")
        await wait_until(lambda: bool(endings), "the job's end", 90.0)
        await wait_until(lambda: nothing_is_left(broker), "the broker to be tidy", 15.0)
    (summary,) = endings
    assert (summary.status, summary.pages_processed) == ("success", 500)
    pages = (await result_of(broker, summary))["results"]
    assert [page["page_number"] for page in pages] == list(range(1, 501))
    assert all(page["text"].split()[1] == str(page["page_number"]) for page in pages)
    assert {page["attempts"] for page in pages} == {1}
