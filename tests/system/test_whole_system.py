"""The services together against one broker: many processes, as on many VMs."""

import asyncio
import os
import signal
from pathlib import Path

from broker.announcements import Announcements
from broker.connection import Broker
from broker.job_store import JobStore
from contracts import subjects
from contracts.page_ranges import PageRanges
from tests.documents import encoded, pdf, picture
from tests.processes import children_of, files_held_by
from tests.running_services import (
    Start,
    endings_of,
    held_by_nodes,
    nothing_is_left,
    result_of,
    submit,
)
from tests.waiting import wait_until


async def test_every_page_comes_exactly_once_when_a_node_is_killed_in_the_middle_of_one(
    tmp_path: Path, broker: Broker, start: Start
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
        result = await result_of(broker, summary)
        assert [page["page_number"] for page in result["results"]] == list(range(1, 9))
        # The echo engine says which page it was given.
        assert [page["text"].split()[1] for page in result["results"]] == list("12345678")
        assert sorted(page["attempts"] for page in result["results"]) == [1] * 7 + [2]

        await wait_until(lambda: nothing_is_left(broker), "queues and results to be empty")
        assert len(endings) == 1
        stored = await JobStore(broker).summary("job")
        assert stored == summary


async def test_a_document_is_off_the_disk_of_ingest_once_its_job_has_ended(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    async with endings_of(broker) as endings:
        ingest, _, _ = (start(command) for command in ("ingest", "aggregator", "node"))
        # The second one is refused after it was opened.
        for job_id, pages in (("good", "1-3"), ("refused", "9")):
            await submit(broker, tmp_path, pdf(3), job_id, pages=PageRanges.parse(pages))
            await wait_until(lambda: bool(endings), "the job's end", 30.0)
            assert endings.pop().status == ("success" if job_id == "good" else "failed")

            def is_off_the_disk() -> bool:
                # A file that was removed stays there for as long as somebody has it open.
                renderers = children_of(ingest.pid)
                assert renderers
                return not any(files_held_by(pid, "/ingest-") for pid in renderers)

            await wait_until(is_off_the_disk, "the document to be let go of")


async def test_progress_is_told_page_by_page(tmp_path: Path, broker: Broker, start: Start) -> None:
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
    broker: Broker, start: Start
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
    tmp_path: Path, broker: Broker, start: Start
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
