"""Ending a job before its time."""

from pathlib import Path

import pytest

from broker.connection import Broker
from broker.job_control import JobControl
from contracts import topology
from contracts.errors import JobStateConflict, JobUnknown
from tests.docr.commands import docr
from tests.documents import pdf
from tests.running_services import (
    Start,
    endings_of,
    held_by_nodes,
    messages_in,
    nothing_is_left,
    result_of,
    submit,
)
from tests.waiting import wait_until


async def test_a_cancelled_job_ends_with_what_was_read_so_far(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    for service in ("ingest", "aggregator"):
        start(service)
    start("node", OCR_ECHO_DELAY_MS="300")
    control = JobControl(broker)
    async with endings_of(broker) as endings:
        await submit(broker, tmp_path, pdf(200), "job")

        async def two_are_read() -> bool:
            return await messages_in(broker, topology.RESULTS) >= 2

        await wait_until(two_are_read, "two pages to be read", 30.0)
        await control.cancel("job")

        async def queue_is_empty() -> bool:
            return await messages_in(broker, topology.PAGES) == 0

        await wait_until(queue_is_empty, "the pages to leave the queue", 5.0)
        with pytest.raises(JobStateConflict, match="being cancelled already"):
            await control.cancel("job")
        await wait_until(lambda: bool(endings), "the job's end", 10.0)
        await wait_until(lambda: nothing_is_left(broker), "the broker to be tidy", 15.0)
    (summary,) = endings
    assert summary.status == "cancelled"
    assert 2 <= summary.pages_processed < 20
    assert summary.pages_failed == 0
    assert f"cancelled after {summary.pages_processed} of 200 pages" in summary.errors
    pages = (await result_of(broker, summary))["results"]
    assert len(pages) == summary.pages_processed
    with pytest.raises(JobStateConflict, match=r"has ended \(cancelled\)"):
        await control.cancel("job")


async def test_a_job_that_nobody_knows_cannot_be_cancelled(broker: Broker) -> None:
    with pytest.raises(JobUnknown, match="there is no job nobody"):
        await JobControl(broker).cancel("nobody")


async def test_a_job_cancelled_before_it_was_opened_ends_without_a_page(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    await submit(broker, tmp_path, pdf(30), "job")
    await JobControl(broker).cancel("job")
    async with endings_of(broker) as endings:
        for service in ("ingest", "aggregator"):
            start(service)
        await wait_until(lambda: bool(endings), "the job's end", 30.0)
        await wait_until(lambda: nothing_is_left(broker), "the broker to be tidy", 15.0)
    assert (endings[0].status, endings[0].pages_processed) == ("cancelled", 0)


async def test_the_command_says_what_became_of_it(
    tmp_path: Path, broker: Broker, broker_url: str, start: Start
) -> None:
    for service in ("ingest", "aggregator"):
        start(service)
    start("node", OCR_ECHO_DELAY_MS="600000")
    await submit(broker, tmp_path, pdf(2), "job")

    async def node_is_busy() -> bool:
        return await held_by_nodes(broker) == 1

    await wait_until(node_is_busy, "a page to be read", 30.0)
    done = docr("cancel", "job", folder=tmp_path, NATS_URL=broker_url)
    assert (done.returncode, done.stderr.count("\n")) == (0, 1)
    assert "job job has ended: cancelled, 0 of 2 pages had been read" in done.stderr
    again = docr("cancel", "job", folder=tmp_path, NATS_URL=broker_url)
    assert again.returncode == 1
    assert "has ended (cancelled); there is nothing to cancel" in again.stderr
