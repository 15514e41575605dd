"""Every row of ARCHITECTURE.md's table of crash points: killed exactly there, and what comes of it.

The process dies at the fail point, another one takes its place, and the job must end as if nothing
had happened: one summary, each page once and with its own text, nothing left on the broker.
"""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from broker.connection import Broker
from broker.dead_page_store import DeadPageStore
from broker.job_control import JobControl
from broker.kept_documents import kept_name
from broker.objects import ObjectBucket
from broker.page_queue import PagePuller
from contracts.topology import ENDINGS
from contracts.topology import UPLOADS as UPLOADS_BUCKET
from faults.fail_points import NAMES
from tests.documents import born_digital_pdf, pdf
from tests.processes import returncode_of
from tests.running_services import (
    Start,
    endings_of,
    messages_in,
    nothing_is_left,
    result_of,
    submit,
)
from tests.waiting import wait_until

PAGES = 30  # more than ingest publishes between two checkpoints, and has in flight
SERVICES = ("ingest", "node", "aggregator")
FATES = {
    # Ends every page: for points that only a page without hope passes.
    "node.dead_page_kept": {"OCR_ECHO_FAULTS": "raise:2"},
    "node.failure_published": {"OCR_ECHO_FAULTS": "raise:2"},
}
# What only a job with formats passes.
FORMATS = {"aggregator.formats_made": ("tsv", "pdf")}
REJECTED, REVISED = "ingest.rejection_noted", "aggregator.revision_stored"
UPLOADS = ("ingest.upload_seen", "ingest.upload_submitted")
POINTS = sorted(
    name for name in NAMES - {REJECTED, REVISED, *UPLOADS} if name.partition(".")[0] in SERVICES
)


@pytest.mark.parametrize("point", POINTS)
async def test_a_process_killed_there_costs_nothing(
    point: str, tmp_path: Path, broker: Broker, start: Start
) -> None:
    service = point.partition(".")[0]
    settings = {"MAX_RETRIES": "3", "RETRY_DELAY_SECONDS": "0", **FATES.get(point, {})}
    async with endings_of(broker) as endings:
        victim = start(service, FAIL_POINTS=point, **settings)
        for other in SERVICES:
            if other != service:
                start(other, **settings)
        formats = FORMATS.get(point, ())
        await submit(broker, tmp_path, pdf(PAGES), "job", formats=formats)
        await wait_until(lambda: victim.poll() is not None, f"a death at {point}", 30.0)
        assert victim.returncode == -signal.SIGKILL
        start(service, **settings)
        await wait_until(lambda: bool(endings), "the job's end", 60.0)
        await wait_until(lambda: nothing_is_left(broker), "the broker to be tidy", 30.0)
    (summary,) = endings
    # Its tenant was told once, as everybody was.
    assert await messages_in(broker, ENDINGS) == 1
    assert summary.outputs is not None
    assert set(summary.outputs.formats) == set(formats)
    # The document is kept once, whoever died.
    assert await ObjectBucket(broker, name=UPLOADS_BUCKET).names() == [kept_name("job")]
    dead = [2] if point in FATES else []
    assert summary.pages_failed == len(dead)
    assert summary.pages_processed == PAGES - len(dead)
    assert sum(summary.ocr_rounds_per_worker.values()) == PAGES
    pages = (await result_of(broker, summary))["results"]
    assert [page["page_number"] for page in pages] == list(range(1, PAGES + 1))
    for page in pages:
        if page["page_number"] not in dead:
            assert page["text"].split()[1] == str(page["page_number"])


async def test_pages_that_ingest_ends_itself_are_told_once_though_it_dies_among_them(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    async with endings_of(broker) as endings:
        victim = start("ingest", FAIL_POINTS="ingest.page_published")
        start("aggregator")
        await submit(broker, tmp_path, born_digital_pdf(PAGES), "job")
        await wait_until(lambda: victim.poll() is not None, "a death among the pages", 30.0)
        start("ingest")
        await wait_until(lambda: bool(endings), "the job's end", 60.0)
        await wait_until(lambda: nothing_is_left(broker), "the broker to be tidy", 30.0)
    (summary,) = endings
    assert (summary.status, summary.pages_processed) == ("success", PAGES)
    assert summary.ocr_rounds_per_worker == {}
    pages = (await result_of(broker, summary))["results"]
    assert [page["text"] for page in pages] == [
        f"This is page {number} of the test" for number in range(1, PAGES + 1)
    ]


async def test_a_rejection_that_was_cut_short_ends_with_its_reason_all_the_same(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    async with endings_of(broker) as endings:
        victim = start("ingest", FAIL_POINTS=REJECTED)
        start("aggregator")
        await submit(broker, tmp_path, b"not a document", "job")
        await wait_until(lambda: victim.poll() is not None, "a death at the point", 30.0)
        start("ingest")
        await wait_until(lambda: bool(endings), "the job's end", 60.0)
        await wait_until(lambda: nothing_is_left(broker), "the broker to be tidy", 30.0)
    (summary,) = endings
    assert summary.status == "failed"
    assert "not a document that can be read" in summary.errors[0]


async def test_a_replay_that_was_cut_short_makes_its_revision_once(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    settings = {"MAX_RETRIES": "1"}
    async with endings_of(broker) as endings:
        start("ingest", **settings)
        victim = start("aggregator", FAIL_POINTS=REVISED, **settings)
        sick = start("node", OCR_ECHO_FAULTS="raise:2", **settings)
        await submit(broker, tmp_path, pdf(3), "job")
        await wait_until(lambda: bool(endings), "the job's end", 30.0)
        # In good order: a page in its hands would have spent its one attempt.
        sick.terminate()
        assert await asyncio.to_thread(sick.wait, 20) == 0
        start("node", **settings)
        await JobControl(broker).replay("job", deadline_s=600)
        await wait_until(lambda: victim.poll() is not None, "a death at the point", 30.0)
        start("aggregator", **settings)
        await wait_until(lambda: nothing_is_left(broker), "the broker to be tidy", 60.0)
    assert [(each.revision, each.status) for each in endings] == [
        *((1, "partial_success"), (2, "success"))
    ]
    assert await messages_in(broker, ENDINGS) == 2
    assert await DeadPageStore(broker).all_of() == []


@pytest.mark.parametrize("point", UPLOADS)
async def test_an_ingest_killed_at_the_bucket_door_makes_one_job_of_the_object(
    point: str, broker: Broker, start: Start
) -> None:
    async with endings_of(broker) as endings:
        victim = start("ingest", FAIL_POINTS=point)
        for other in ("node", "aggregator"):
            start(other)
        store = await broker.jetstream.object_store("UPLOADS")
        await store.put("scan.pdf", pdf(3))
        await wait_until(lambda: victim.poll() is not None, f"a death at {point}", 30.0)
        assert victim.returncode == -signal.SIGKILL
        start("ingest")
        await wait_until(lambda: bool(endings), "the job's end", 60.0)
        await wait_until(lambda: is_through(broker), "the entry to be acked", 30.0)
        await wait_until(lambda: nothing_is_left(broker), "the broker to be tidy", 30.0)
    (summary,) = endings
    assert (summary.status, summary.filename, summary.pages_processed) == ("success", "scan.pdf", 3)
    # Its user's name is free again.
    assert await ObjectBucket(broker, name=UPLOADS_BUCKET).names() == [kept_name(summary.job_id)]


async def is_through(broker: Broker) -> bool:
    """Whether all objects that were put have been submitted."""
    info = await broker.jetstream.consumer_info("OBJ_UPLOADS", "uploaded")
    return not info.num_pending and not info.num_ack_pending


@pytest.mark.parametrize("point", sorted(name for name in NAMES if name.startswith("door.")))
async def test_a_door_killed_there_can_be_knocked_at_again(
    point: str, tmp_path: Path, broker: Broker, broker_url: str, start: Start
) -> None:
    (tmp_path / "job-document").write_bytes(large_pdf())
    door = [sys.executable, "-m", "tests.faults.door", broker_url, str(tmp_path / "job-document")]
    assert await returncode_of(*door, point) == -signal.SIGKILL
    for service in SERVICES:
        start(service)
    async with endings_of(broker) as endings:
        # Its user saw no answer, and tries again under the same id.
        assert await returncode_of(*door) == 0
        await wait_until(lambda: bool(endings), "the job's end", 60.0)
        await wait_until(lambda: nothing_is_left(broker), "the broker to be tidy", 30.0)
    assert [each.status for each in endings] == ["success"]


def large_pdf() -> bytes:
    """One page, and so many bytes that it travels by the bucket."""
    return pdf(1) + b"\n%" + b"x" * 1_200_000


@pytest.mark.parametrize("point", sorted(name for name in NAMES if name.startswith("reaper.")))
async def test_a_reaper_killed_there_leaves_the_page_to_the_next_one(
    point: str, tmp_path: Path, broker: Broker, start: Start
) -> None:
    settings = {"MAX_RETRIES": "1"}
    start("ingest", **settings)
    victim = start("aggregator", FAIL_POINTS=point, **settings)
    async with endings_of(broker) as endings, PagePuller(broker) as pages:
        await submit(broker, tmp_path, pdf(1), "job")

        async def victim_is_dead() -> bool:
            page = await pages.pull()
            if page is not None:
                await page.delivery.nak(0)
            return victim.poll() is not None

        await wait_until(victim_is_dead, f"a death at {point}", 30.0)
        assert victim.returncode == -signal.SIGKILL
        start("aggregator", **settings)
        await wait_until(lambda: bool(endings), "the job's end", 60.0)
        await wait_until(lambda: nothing_is_left(broker), "the broker to be tidy", 30.0)
    (summary,) = endings
    assert (summary.status, summary.pages_failed) == ("failed", 1)
    assert "never came back" in summary.errors[0]
