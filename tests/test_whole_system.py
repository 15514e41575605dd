"""The services together against one broker: many processes, as on many VMs."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from broker.announcements import Announcements
from broker.connection import Broker
from broker.job_store import JobStore
from broker.objects import ObjectBucket
from broker.submissions import SubmitQueue
from contracts import subjects, topology
from contracts.job_options import JobOptions
from contracts.jobs import JobSummary
from tests.docr.commands import start_docr
from tests.documents import encoded, pdf, picture
from tests.waiting import wait_until

LEASE_S = "2"


@pytest.fixture
async def start(
    tmp_path: Path, broker: Broker, broker_url: str
) -> AsyncIterator[Callable[..., "subprocess.Popen[bytes]"]]:
    """Starts `docr ingest`, `docr node` or `docr aggregator` against the test's broker."""
    started: list[subprocess.Popen[bytes]] = []

    def one(command: str, name: str = "", **settings: str) -> "subprocess.Popen[bytes]":
        folder = tmp_path / (name or command)
        folder.mkdir()
        settings = {"PAGE_LEASE_SECONDS": LEASE_S, "STORE_GB": "2", "MAX_CPU_CORES": "1"} | settings
        process = start_docr(command, folder=folder, NATS_URL=broker_url, **settings)
        started.append(process)
        return process

    yield one
    for process in started:
        process.terminate()
    codes = [await asyncio.to_thread(process.wait, 20) for process in started]
    # Those that the test killed, and those that ended on the signal as they should.
    assert set(codes) <= {0, -signal.SIGKILL}, [
        (tmp_path / folder / "output").read_text()[-2000:] for folder in os.listdir(tmp_path)  # noqa: PTH208
        if (tmp_path / folder / "output").exists()
    ]  # fmt: skip


async def submit(broker: Broker, folder: Path, content: bytes, job_id: str) -> None:
    (folder / "document").write_bytes(content)
    await SubmitQueue(broker).submit_file(
        folder / "document", job_id=job_id, options=JobOptions(dpi=72)
    )


@asynccontextmanager
async def endings_of(broker: Broker) -> AsyncIterator[list[JobSummary]]:
    """A list that grows by each summary that `ocr.done` tells."""
    endings: list[JobSummary] = []

    async def follow(queue: "asyncio.Queue[JobSummary]") -> None:
        while True:
            endings.append(await queue.get())

    async with Announcements(broker).endings() as queue:
        follower = asyncio.create_task(follow(queue))
        try:
            yield endings
        finally:
            follower.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await follower


async def held_by_nodes(broker: Broker) -> int:
    info = await broker.jetstream.consumer_info(topology.PAGES, "bulk_latin")
    return info.num_ack_pending or 0


async def messages_in(broker: Broker, stream: str) -> int:
    return (await broker.jetstream.stream_info(stream)).state.messages


async def test_every_page_comes_exactly_once_when_a_node_is_killed_in_the_middle_of_one(
    tmp_path: Path, broker: Broker, start: Callable[..., "subprocess.Popen[bytes]"]
) -> None:
    async with endings_of(broker) as endings:
        start("ingest")
        start("aggregator")
        # It will never finish a page.
        victim = start("node", "a", WORKER_NAME="a", OCR_ECHO_DELAY_MS="600000")
        await submit(broker, tmp_path, pdf(8), "job")

        async def victim_holds_a_page() -> bool:
            return await held_by_nodes(broker) == 1

        await wait_until(victim_holds_a_page, "the first node to hold a page", 30.0)
        start("node", "b", WORKER_NAME="b")
        os.kill(victim.pid, signal.SIGKILL)
        await wait_until(lambda: bool(endings), "the job's end", 60.0)
        (summary,) = endings
        assert summary.status == "success"
        assert summary.ocr_rounds_per_worker == {"b-1": 8}
        assert summary.outputs is not None
        outputs = ObjectBucket(broker, name=topology.OUTPUTS)
        result = json.loads(await outputs.read_all(summary.outputs.result))
        assert [page["page_number"] for page in result["results"]] == list(range(1, 9))
        # The echo engine says which page it was given.
        assert [page["text"].split()[1] for page in result["results"]] == list("12345678")
        assert sorted(page["attempts"] for page in result["results"]) == [1] * 7 + [2]

        async def nothing_is_left() -> bool:
            counts = [
                await messages_in(broker, each)
                for each in (topology.SUBMIT, topology.PAGES, topology.RESULTS)
            ]
            return counts == [0, 0, 0]

        await wait_until(nothing_is_left, "queues and results to be empty")
        assert len(endings) == 1
        stored = await JobStore(broker).summary("job")
        assert stored == summary


async def test_progress_is_told_page_by_page(
    tmp_path: Path, broker: Broker, start: Callable[..., "subprocess.Popen[bytes]"]
) -> None:
    async with Announcements(broker).events() as events:
        for command in ("ingest", "aggregator", "node"):
            start(command)
        await submit(broker, tmp_path, pdf(3), "job")
        told = [await asyncio.wait_for(events.get(), 30) for _ in range(5)]
    assert [event.event for event in told if event.event != "accepted"] == [
        *["page_done"] * 3,
        "finished",
    ]
    assert [getattr(event, "done", None) for event in told if event.event == "page_done"] == [
        1,
        2,
        3,
    ]


async def test_a_document_from_the_nats_command_line_needs_no_headers(
    broker: Broker, start: Callable[..., "subprocess.Popen[bytes]"]
) -> None:
    async with endings_of(broker) as endings:
        for command in ("ingest", "aggregator", "node"):
            start(command)
        # What `nats pub ocr.submit --force-stdin < scan.png` sends: a core publish.
        await broker.client.publish(subjects.SUBMIT, encoded(picture("x")))
        await broker.client.publish(subjects.SUBMIT, b"not a document")
        await broker.client.publish(
            subjects.SUBMIT, encoded(picture("y")), headers={"Ocr-Dpi": "7000"}
        )
        await wait_until(lambda: len(endings) == 3, "three jobs to end", 30.0)
    by_status = sorted((each.status, *each.errors) for each in endings)
    assert [status for status, *_ in by_status] == ["failed", "failed", "success"]
    errors = " ".join(error for _, *errors in by_status for error in errors)
    assert "not a document that can be read; submit a PDF" in errors
    assert "dpi 7000 is out of range" in errors


async def test_a_job_id_submitted_twice_is_one_job(
    tmp_path: Path, broker: Broker, start: Callable[..., "subprocess.Popen[bytes]"]
) -> None:
    async with endings_of(broker) as endings:
        for command in ("ingest", "aggregator", "node"):
            start(command)
        await submit(broker, tmp_path, pdf(1), "same")
        await wait_until(lambda: len(endings) == 1, "the job's end", 30.0)
        await broker.client.publish(subjects.SUBMIT, pdf(1), headers={"Ocr-Job-Id": "same"})
        await broker.client.publish(subjects.SUBMIT, pdf(1), headers={"Ocr-Job-Id": "other"})
        await wait_until(lambda: len(endings) == 2, "the other job's end", 30.0)
    assert [each.job_id for each in endings] == ["same", "other"]
