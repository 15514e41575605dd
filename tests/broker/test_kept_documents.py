"""Documents that stay in bucket UPLOADS after their pages were read."""

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broker.connection import Broker
from broker.job_store import JobStore
from broker.kept_documents import KeptDocuments, kept_name
from broker.object_reading import ObjectMissing
from broker.object_upload import upload, upload_first
from broker.objects import ObjectBucket
from contracts import topology
from contracts.errors import StoreFull
from contracts.topology import MIB
from tests.conftest import SMALL_TOPOLOGY
from tests.examples import job_summary, manifest


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def put(broker: Broker, name: str, content: bytes) -> None:
    await upload(broker, bucket=topology.UPLOADS, name=name, content=pieces(content))


async def messages(broker: Broker) -> int:
    return (await broker.jetstream.stream_info("OBJ_UPLOADS")).state.messages


async def test_a_kept_document_lies_where_it_lay_under_a_name_of_its_own(
    broker: Broker, tmp_path: Path
) -> None:
    documents, uploads = KeptDocuments(broker), ObjectBucket(broker, name=topology.UPLOADS)
    content = os.urandom(1_300_000)
    await put(broker, "scan.pdf", content)
    before = await messages(broker)
    for _ in range(2):
        await documents.keep("job", "scan.pdf")
        assert (await uploads.names(), await messages(broker)) == ([kept_name("job")], before)
    await documents.save("job", tmp_path / "document")
    assert (tmp_path / "document").read_bytes() == content

    # The same document once more, and another one of that name: neither touches what is kept.
    await put(broker, "again", content)
    await documents.keep("job", "again")
    await put(broker, "scan.pdf", b"another one")
    await documents.keep("job", "scan.pdf", nuid="of the first")
    await documents.keep_bytes("job", b"a third one")
    await documents.save("job", tmp_path / "document")
    assert (tmp_path / "document").read_bytes() == content
    assert await uploads.names() == [kept_name("job"), "scan.pdf"]
    await uploads.delete("scan.pdf")
    assert await messages(broker) == before
    await documents.remove("job")
    assert await messages(broker) == 0


async def test_an_ingest_that_died_between_the_two_names_loses_no_chunk(
    broker: Broker, tmp_path: Path
) -> None:
    documents, uploads = KeptDocuments(broker), ObjectBucket(broker, name=topology.UPLOADS)
    await put(broker, "scan.pdf", b"a document")
    entry = await broker.jetstream.get_last_msg("OBJ_UPLOADS", "$O.UPLOADS.M.*")
    await documents.keep("job", "scan.pdf")
    assert entry.subject is not None
    await broker.jetstream.publish(entry.subject, entry.data or b"")
    # Its next ingest keeps it once more; or finds that it is not wanted, and removes it.
    await documents.discard("job", "scan.pdf")
    assert await uploads.names() == [kept_name("job")]
    await documents.save("job", tmp_path / "document")
    await put(broker, "other", b"not wanted")
    await documents.discard("job", "other")
    assert await uploads.names() == [kept_name("job")]


@pytest.mark.parametrize(
    "topology_settings", [replace(SMALL_TOPOLOGY, store_bytes=128 * MIB)], indirect=True
)
async def test_the_oldest_documents_of_ended_jobs_give_way_to_new_ones(broker: Broker) -> None:
    documents, uploads = KeptDocuments(broker), ObjectBucket(broker, name=topology.UPLOADS)
    jobs = JobStore(broker)
    room = (await broker.jetstream.stream_info("OBJ_UPLOADS")).config.max_bytes or 0
    for number in range(5):
        await put(broker, f"scan-{number}", bytes(room * 18 // 100))
        await documents.keep(f"job-{number}", f"scan-{number}")
    # All jobs go on: nothing gives way.
    assert not await documents.make_room(1)
    with pytest.raises(StoreFull):
        await put(broker, "more", bytes(room * 3 // 10))
    for number in (1, 2, 3):
        await jobs.publish_summary(job_summary(job_id=f"job-{number}"))
    # A door that finds no room makes it.
    await upload(
        broker, bucket=topology.UPLOADS, name="more", content=pieces(bytes(room * 3 // 10)),
        make_room=documents.make_room,
    )  # fmt: skip
    assert await uploads.names() == [*(kept_name(f"job-{n}") for n in (0, 3, 4)), "more"]
    # And an aggregator makes it before it is missed.
    await documents.tidy(keep=True)
    assert await uploads.names() == [*(kept_name(f"job-{n}") for n in (0, 4)), "more"]


async def test_documents_go_with_the_outputs_of_their_jobs(broker: Broker) -> None:
    documents, uploads = KeptDocuments(broker), ObjectBucket(broker, name=topology.UPLOADS)
    for job_id in ("job-1", "going-on"):
        await documents.keep_bytes(job_id, b"a document")
    await JobStore(broker).publish_summary(job_summary(end_time=datetime.now(UTC)))

    await JobStore(broker).put_manifest(manifest(job_id="going-on"))
    await documents.tidy(keep=True)
    assert len(await uploads.names()) == 2
    await documents.tidy(keep=False)
    assert await uploads.names() == [kept_name("going-on")]
    with pytest.raises(ObjectMissing):
        await uploads.read_all(kept_name("job-1"))


async def test_the_first_of_two_who_store_an_object_wins(broker: Broker) -> None:
    outputs = ObjectBucket(broker, name=topology.OUTPUTS)
    for content in (b"first", b"second"):
        won = await upload_first(
            broker, bucket=topology.OUTPUTS, name="job/0/tsv.tsv", content=pieces(content)
        )
        assert won == (content == b"first")
    assert await outputs.read_all("job/0/tsv.tsv") == b"first"
    state = (await broker.jetstream.stream_info("OBJ_OUTPUTS")).state
    assert state.messages == 2
