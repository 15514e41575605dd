"""A job ends at its deadline, whoever is there to help."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from broker.connection import Broker
from broker.page_queue import PagePuller
from contracts import topology
from tests.conftest import SMALL_TOPOLOGY
from tests.documents import pdf
from tests.running_services import (
    Start,
    begun,
    endings_of,
    messages_in,
    nothing_is_left,
    result_of,
    submit,
)
from tests.waiting import wait_until


async def test_without_any_node_a_job_ends_at_its_deadline_with_its_pages_failed(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    await begun(start("ingest"), start("aggregator"))
    async with endings_of(broker) as endings:
        await submit(broker, tmp_path, pdf(3), "job", deadline_s=2)
        await wait_until(lambda: bool(endings), "the job's end", 30.0)
        await wait_until(lambda: nothing_is_left(broker), "the broker to be tidy")
    (summary,) = endings
    assert (summary.status, summary.total_pages, summary.pages_failed) == ("failed", 3, 3)
    assert "not read before the job's deadline" in summary.errors[0]
    assert summary.total_duration_ms >= 2000


async def test_what_was_read_before_the_deadline_is_in_the_result(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    node = start("node", OCR_ECHO_FAULTS="hang:3")
    await begun(start("ingest"), start("aggregator"), node)
    async with endings_of(broker) as endings:
        await submit(broker, tmp_path, pdf(3), "job", deadline_s=4)
        await wait_until(lambda: bool(endings), "the job's end", 30.0)
        pages = (await result_of(broker, endings[0]))["results"]
    assert endings[0].status == "partial_success"
    assert [page["status"] for page in pages] == ["success", "success", "failed"]


async def test_with_nodes_back_before_the_deadline_a_job_ends_normally(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    start("ingest")
    start("aggregator")
    async with endings_of(broker) as endings:
        await submit(broker, tmp_path, pdf(3), "job", deadline_s=60)

        async def pages_wait() -> bool:
            return await messages_in(broker, topology.PAGES) == 3

        await wait_until(pages_wait, "the pages to be in the queue", 30.0)
        start("node")
        await wait_until(lambda: bool(endings), "the job's end", 30.0)
    assert endings[0].status == "success"


@pytest.mark.parametrize(
    "topology_settings", [replace(SMALL_TOPOLOGY, page_ack_wait_s=1.0)], indirect=True
)
async def test_a_page_out_of_deliveries_that_nobody_pulls_for_ends_by_the_deadline(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    settings = {"MAX_RETRIES": "1", "PAGE_LEASE_SECONDS": "1"}
    await begun(start("ingest", **settings), start("aggregator", **settings))
    async with endings_of(broker) as endings:
        await submit(broker, tmp_path, pdf(1), "job", deadline_s=15)
        async with PagePuller(broker) as pages:

            async def held_for_the_last_time() -> bool:
                page = await pages.pull()
                if page is None or page.delivery.number > topology.MAX_RETURNS:
                    return page is not None
                await page.delivery.nak(0)
                return False

            await wait_until(held_for_the_last_time, "the last delivery", 14.0)
        # From here on nobody pulls, so the server never says that the page is given up.
        await wait_until(lambda: bool(endings), "the job's end", 30.0)
        assert await messages_in(broker, topology.DEAD) == 0
        await wait_until(lambda: nothing_is_left(broker), "the broker to be tidy")
    assert (endings[0].status, endings[0].pages_failed) == ("failed", 1)


async def test_a_document_that_waited_for_ingest_beyond_its_deadline_fails_at_once(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    await submit(broker, tmp_path, pdf(1), "job", deadline_s=1)
    handed_in = time.monotonic()
    await submit(broker, tmp_path, pdf(2), "in-time", deadline_s=3600)
    await wait_until(lambda: time.monotonic() > handed_in + 1.0, "the deadline to pass")
    start("aggregator")
    start("node")
    async with endings_of(broker) as endings:
        start("ingest", FAIL_POINTS="")
        await wait_until(lambda: len(endings) == 2, "both jobs to end", 30.0)
    by_id = {each.job_id: each for each in endings}
    assert by_id["in-time"].status == "success"
    assert by_id["job"].status == "failed"
    assert "longer than its deadline" in by_id["job"].errors[0]
