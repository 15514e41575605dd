"""Two releases at one broker: what the one before wrote goes on, and what this one cannot read is
left to the other."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgpack

from broker.connection import Broker
from broker.job_marks import JobMarks
from broker.job_store import JobStore
from broker.objects import ObjectBucket
from broker.page_queue import HEADER_PAGE_INDEX
from contracts import subjects, topology
from contracts.codec import SCHEMA_VERSION, encode
from tests.contracts.version_before import recorded
from tests.documents import encoded, pdf, picture
from tests.examples import JOB, manifest, page_task
from tests.running_services import Start, begun, endings_of, log_of, messages_in, submit
from tests.waiting import wait_until


async def test_a_job_that_another_release_began_is_left_to_it_and_others_go_on(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    foreign = {**json.loads(manifest(job_id="theirs").model_dump_json()), "schema_version": 99}
    await broker.jetstream.publish("$KV.JOBS.theirs.manifest", json.dumps(foreign).encode())
    await submit(broker, tmp_path, pdf(1), "theirs")
    await begun(*(start(service) for service in ("ingest", "aggregator", "node")))

    def left_alone() -> bool:
        return "a submission is left to another release" in log_of(tmp_path / "services")

    await wait_until(left_alone, "ingest to leave the submission alone", 30.0)
    async with endings_of(broker) as endings:
        await submit(broker, tmp_path, pdf(1), "ours")
        await wait_until(lambda: bool(endings), "the end of our job", 30.0)
    assert [each.job_id for each in endings] == ["ours"]
    assert await messages_in(broker, "SUBMIT") == 1


def _page_subject(job_id: str) -> str:
    return subjects.page(priority="bulk", script="latin", tenant="default", job_id=job_id)


async def test_a_job_that_the_release_before_began_is_ended_by_this_one(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    stored = {
        "$KV.JOBS.old.manifest": ("manifest.json", {}),
        _page_subject("old"): ("page_task.msgpack", {HEADER_PAGE_INDEX: "0"}),
        "ocr.result.old.1": ("page_succeeded.msgpack", {"Ocr-Status": "success"}),
        "ocr.result.old.2": ("page_failed.msgpack", {"Ocr-Status": "failed"}),
    }
    for subject, (name, headers) in stored.items():
        await broker.jetstream.publish(subject, recorded(name), headers=dict(headers))
    async with endings_of(broker) as endings:
        await begun(*(start(service) for service in ("aggregator", "node")))
        await wait_until(lambda: bool(endings), "the end of the job", 30.0)
    (ended,) = endings
    assert (ended.status, ended.pages_processed, ended.pages_failed) == ("partial_success", 2, 1)
    assert ended.errors == ("page 3: the image is damaged",)


async def test_a_page_of_a_newer_release_stays_in_the_queue_for_a_node_that_can_read_it(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    await JobStore(broker).put_manifest(manifest())
    newer = msgpack.packb(msgpack.unpackb(encode(page_task())) | {"schema": SCHEMA_VERSION + 1})
    await broker.jetstream.publish(_page_subject(JOB), newer, headers={HEADER_PAGE_INDEX: "0"})
    start("node")

    async def is_given_back() -> bool:
        return await JobMarks(broker).returned(JOB, 0) == 1

    await wait_until(is_given_back, "the page to be given back", 30.0)
    # No attempt at it is spent, and nothing is told of it.
    assert (await messages_in(broker, "PAGES"), await messages_in(broker, "RESULTS")) == (1, 0)


async def test_a_large_image_that_the_release_before_laid_among_the_documents_is_read(
    broker: Broker, start: Start
) -> None:
    image = encoded(picture("from before"))
    await ObjectBucket(broker, name=topology.UPLOADS).put("old/page-0-1234", image)
    in_an_hour = datetime.now(UTC) + timedelta(hours=1)
    await JobStore(broker).put_manifest(manifest(job_id="old", pages=1, deadline=in_an_hour))
    task = page_task(job_id="old", image=b"", image_object="old/page-0-1234")
    await broker.jetstream.publish(
        _page_subject("old"), encode(task), headers={HEADER_PAGE_INDEX: "0"}
    )
    async with endings_of(broker) as endings:
        await begun(*(start(service) for service in ("aggregator", "node")))
        await wait_until(lambda: bool(endings), "the end of the job", 30.0)
    assert [(each.status, each.errors) for each in endings] == [("success", ())]
