"""A huge document, and the others that share the system with it.

PAGES_OF_HUGE=10000 makes it as large as you like (300 in CI); with PRINT=1 the figures are shown.
"""

import io
import os
import random
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import httpx
import nats.js.errors
import pytest
from PIL import Image

from broker.connection import Broker
from broker.dead_page_store import DeadPageStore
from broker.stream_subjects import subjects_of
from contracts import subjects, topology
from tests.conftest import SMALL_TOPOLOGY
from tests.documents import encoded, pdf
from tests.memory import resident_mb
from tests.running_services import (
    Start,
    begun,
    endings_of,
    free_port,
    held_by_nodes,
    messages_in,
    nothing_is_left,
    result_of,
    submit,
)
from tests.waiting import wait_until

PAGES = int(os.environ.get("PAGES_OF_HUGE", "300"))
QUEUED = 96  # setting PAGES_QUEUED_PER_JOB, which no job may exceed


async def fill(broker: Broker, subject: str) -> None:
    """Until its stream takes nothing more."""

    async def is_full() -> bool:
        # To the last bytes: the result of an almost empty page has 600.
        for size in (7_000_000, 100_000, 1_000, 1):
            try:
                await broker.jetstream.publish(subject, bytes(size))
            except nats.js.errors.APIError as refused:
                if size == 1:
                    return refused.err_code == 10077
        return False

    await wait_until(is_full, f"the stream of {subject} to be full", 60.0)


async def test_a_huge_document_keeps_within_its_limits_and_lets_others_pass(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    ingest, aggregator = start("ingest"), start("aggregator")
    for _ in range(3):
        start("node", OCR_ECHO_DELAY_MS="150")
    most_queued, most_mb = 0, {"ingest": 0.0, "aggregator": 0.0}
    waits_s: list[float] = []
    async with endings_of(broker) as endings:
        await submit(broker, tmp_path, pdf(PAGES), "huge", tenant="loud")

        async def watch() -> bool:
            nonlocal most_queued
            most_queued = max(most_queued, await messages_in(broker, topology.PAGES))
            for name, process in (("ingest", ingest), ("aggregator", aggregator)):
                most_mb[name] = max(most_mb[name], resident_mb(process.pid))
            return any(each.job_id == "huge" for each in endings)

        async def queue_is_full() -> bool:
            await watch()
            # All but those that nodes have taken out between two looks.
            return most_queued >= QUEUED - 3

        await wait_until(queue_is_full, "the huge document to fill its share", 60.0)
        for number in range(3):
            job_id = f"small-{number}"
            began = time.monotonic()
            await submit(broker, tmp_path, pdf(1), job_id, tenant="quiet")
            await wait_until(
                lambda job=job_id: any(each.job_id == job for each in endings),  # type: ignore[misc]
                "the small job's end",
                30.0,
            )
            waits_s.append(time.monotonic() - began)
        await wait_until(watch, "the huge document's end", PAGES * 0.1 + 60.0)
        await wait_until(lambda: nothing_is_left(broker), "the broker to be tidy", 30.0)
    if os.environ.get("PRINT"):
        sys.stderr.write(f"{PAGES=} {most_queued=} {most_mb=} {waits_s=}\n")
    by_id = {each.job_id: each for each in endings}
    assert by_id["huge"].pages_processed == PAGES
    assert max(waits_s) < 10.0
    assert most_queued <= QUEUED + 1  # its own and a small one's
    assert max(most_mb.values()) < 400.0


async def test_a_full_queue_of_submissions_says_so_and_takes_more_once_there_is_room(
    broker: Broker, start: Start
) -> None:
    port = free_port()
    # It makes SUBMIT as large as the other services will: a tenth of 1 GB.
    await begun(start("gateway", STORE_GB="1", COORDINATOR_PORT=str(port)))
    document = pdf(1)
    accepted = 0
    refusal = None
    for padding in (7_000_000, 1_000_000, 150_000, 20_000, 0):
        refusal = None
        while refusal is None and accepted < 100:
            try:
                await broker.jetstream.publish(subjects.SUBMIT, document + b"%" + bytes(padding))
                accepted += 1
            except nats.js.errors.APIError as refused:
                refusal = (refused.code, refused.err_code)
    assert refusal == (503, 10077)
    client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30)
    by_http: dict[str, str | int] = {"job_id": "by-http", "dpi": 72}
    async with client as http:
        full = await http.post("/jobs", params=by_http, content=pdf(1))
        assert (full.status_code, full.headers["retry-after"]) == (503, "5")
        assert "no room at the moment; try again" in full.json()["detail"]
    for service in ("ingest", "aggregator", "node"):
        start(service, STORE_GB="1")
    async with endings_of(broker) as endings:
        await wait_until(lambda: len(endings) == accepted, "all accepted jobs to end", 60.0)
        await broker.jetstream.publish(subjects.SUBMIT, document)
        await wait_until(lambda: len(endings) == accepted + 1, "one more", 30.0)
        async with httpx.AsyncClient(base_url=client.base_url, timeout=30) as http:
            # Not the same document: what was refused left no claim on its id.
            taken = await http.post("/jobs", params=by_http, content=pdf(2))
            assert taken.status_code == 202, taken.text
        await wait_until(lambda: len(endings) == accepted + 2, "one more by HTTP", 30.0)
    assert {each.status for each in endings} == {"success"}


async def test_a_document_in_its_slot_gives_way_to_those_that_wait(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    start("ingest")
    start("aggregator")
    # More long documents than ingest has slots, and no node: none of them gets on.
    for number in range(5):
        await submit(broker, tmp_path, pdf(200), f"long-{number}", tenant="loud")

    async def all_began() -> bool:
        return await messages_in(broker, topology.PAGES) >= 5 * QUEUED

    await wait_until(all_began, "every long document to have its share in the queue", 60.0)
    async with endings_of(broker) as endings:
        await submit(broker, tmp_path, pdf(1), "short", priority="interactive")
        start("node")
        await wait_until(lambda: bool(endings), "an end", 30.0)
    assert endings[0].job_id == "short"


@pytest.mark.parametrize(
    "topology_settings", [replace(SMALL_TOPOLOGY, store_bytes=100 * 2**20)], indirect=True
)
async def test_a_page_that_waits_for_room_for_its_result_spends_one_attempt(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    filler = "ocr.result.filler.0"
    lease = {"STORE_GB": "1", "PAGE_LEASE_SECONDS": "1"}
    await begun(start("ingest", **lease), start("node", **lease))

    await fill(broker, filler)
    await submit(broker, tmp_path, pdf(1), "job")

    async def page_is_held() -> bool:
        return await held_by_nodes(broker) == 1

    await wait_until(page_is_held, "the page to be read", 30.0)
    held_since = time.monotonic()
    await wait_until(lambda: time.monotonic() > held_since + 4, "the time of four leases")
    await broker.jetstream.purge_stream(topology.RESULTS, subject=filler)
    async with endings_of(broker) as endings:
        start("aggregator", **lease)
        await wait_until(lambda: bool(endings), "the job's end", 30.0)
    pages = (await result_of(broker, endings[0]))["results"]
    assert [page["attempts"] for page in pages] == [1]


@pytest.mark.parametrize(
    "topology_settings", [replace(SMALL_TOPOLOGY, store_bytes=1024 * 2**20)], indirect=True
)
async def test_large_pages_wait_for_room_in_their_bucket_read_or_given_up_and_small_ones_pass(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    filler, bucket = f"$O.{topology.PAGE_IMAGES}.C.filler", f"OBJ_{topology.PAGE_IMAGES}"
    own = {"STORE_GB": "1", "OCR_ECHO_FAULTS": "raise:2", "MAX_RETRIES": "1"}
    await begun(start("ingest", **own), start("aggregator", **own))
    noise = random.Random(7)  # noqa: S311
    large = [Image.frombytes("RGB", (1800, 1800), noise.randbytes(1800 * 1800 * 3)) for _ in "12"]
    with zipfile.ZipFile(packed := io.BytesIO(), "w") as several:
        for number, image in enumerate(large):
            several.writestr(f"{number}.png", encoded(image))
    async with endings_of(broker) as endings:
        # Both pages are in the queue, and their images in the bucket, when it is filled up.
        await submit(broker, tmp_path, packed.getvalue(), "given-up")

        async def queued(count: int) -> bool:
            return await messages_in(broker, topology.PAGES) == count

        await wait_until(lambda: queued(2), "two pages to wait", 30.0)
        await fill(broker, filler)
        await submit(broker, tmp_path, encoded(large[0]), "no-room")
        await submit(broker, tmp_path, pdf(1), "small")
        await wait_until(lambda: queued(3), "the small page to pass", 30.0)
        waiting = subjects.pages_of_job("no-room")
        assert not await subjects_of(broker, topology.PAGES, waiting)
        start("node", **own)
        await wait_until(lambda: "small" in {each.job_id for each in endings}, "its end", 30.0)
        await broker.jetstream.purge_stream(bucket, subject=filler)
        await wait_until(lambda: len(endings) == 3, "the ends of the others", 60.0)
        await wait_until(lambda: nothing_is_left(broker), "the broker to be tidy", 30.0)
    told = {each.job_id: each for each in endings}
    assert (told["no-room"].status, told["given-up"].status) == ("success", "partial_success")
    (dead,) = await DeadPageStore(broker).all_of("given-up")
    assert dead == ("given-up", 1)
