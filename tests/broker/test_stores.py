"""What is written once, and what is kept: results, summaries, objects."""

import asyncio
import io
import os

import pytest
from nats.js.api import StreamConfig, StreamSource
from nats.js.errors import NotFoundError

from broker.announcements import Announcements
from broker.connection import Broker
from broker.job_store import JobStore
from broker.object_reading import ObjectMissing
from broker.objects import ObjectBucket
from broker.publishing import MessageTooLarge, publish
from broker.results import Results
from contracts import subjects, topology
from contracts.jobs import DocumentFailed
from tests.examples import job_summary, manifest, page_failed, page_succeeded
from tests.waiting import wait_until


async def test_the_first_of_many_writers_of_a_result_wins(broker: Broker) -> None:
    results = Results(broker)
    candidates = [page_succeeded(worker=f"node-{n}") for n in range(20)]
    won = await asyncio.gather(*(results.publish(each) for each in candidates))
    assert sum(won) == 1
    assert await results.page(job_id="job-1", page_index=0) == candidates[won.index(True)]
    assert not await results.publish(page_failed())


async def test_a_purge_removes_one_jobs_results_only(broker: Broker) -> None:
    results = Results(broker)
    await results.publish(page_succeeded())
    await results.publish(page_succeeded(job_id="other"))
    await results.publish(DocumentFailed(job_id="job-1", error="x"))
    await results.purge("job-1")
    assert await results.page(job_id="job-1", page_index=0) is None
    assert await results.rejection("job-1") is None
    assert await results.page(job_id="other", page_index=0) is not None


async def test_a_summary_is_announced_exactly_once(broker: Broker) -> None:
    jobs = JobStore(broker)
    async with Announcements(broker).endings() as endings:
        won = await asyncio.gather(
            *(jobs.publish_summary(job_summary(total_words=n)) for n in range(10))
        )
        assert sum(won) == 1
        await jobs.publish_summary(job_summary(job_id="last"))
        told = [await asyncio.wait_for(endings.get(), 5) for _ in range(2)]
        assert [each.job_id for each in told] == ["job-1", "last"]
        assert endings.empty()
    assert await jobs.summary("job-1") == told[0]
    assert await jobs.summary("unknown") is None


async def test_manifests_and_checkpoints_are_kept_and_forgotten(broker: Broker) -> None:
    jobs = JobStore(broker)
    assert await jobs.manifest("job-1") is None
    assert await jobs.checkpoint("job-1") == -1
    await jobs.put_manifest(manifest())
    await jobs.put_checkpoint("job-1", 31)
    assert await jobs.manifest("job-1") == manifest()
    assert await jobs.checkpoint("job-1") == 31
    await jobs.forget("job-1")
    assert await jobs.manifest("job-1") is None
    assert await jobs.checkpoint("job-1") == -1


async def test_a_message_over_the_limit_is_refused_and_the_connection_lives(broker: Broker) -> None:
    with pytest.raises(MessageTooLarge, match="over the broker's limit"):
        await publish(broker, subjects.SUBMIT, bytes(broker.max_message_bytes + 1))
    stored = await publish(broker, subjects.SUBMIT, bytes(broker.max_message_bytes))
    assert (stored.sequence, stored.duplicate) == (1, False)
    assert broker.client.is_connected


@pytest.mark.parametrize("size", [0, 1, 300_000, 3_000_000])
async def test_objects_come_back_as_they_were(broker: Broker, size: int) -> None:
    bucket = ObjectBucket(broker, name=topology.OUTPUTS)
    content = os.urandom(size)
    await bucket.put("job/a file", io.BytesIO(content))
    assert await bucket.read_all("job/a file") == content
    await bucket.delete("job/a file")
    with pytest.raises(ObjectMissing, match="it may have expired"):
        await bucket.read_all("job/a file")
    await bucket.delete("job/a file")


async def test_an_incomplete_object_is_an_error_and_no_endless_wait(broker: Broker) -> None:
    bucket = ObjectBucket(broker, name=topology.OUTPUTS)
    await bucket.put("whole", os.urandom(500_000))
    await broker.jetstream.delete_msg("OBJ_OUTPUTS", 2)
    with pytest.raises(ObjectMissing, match=r"incomplete|damaged"):
        await asyncio.wait_for(bucket.read_all("whole"), 10)


async def test_the_feed_tells_every_result_from_the_oldest_on(broker: Broker) -> None:
    results = Results(broker)
    await results.publish(page_succeeded())
    await results.publish(page_failed(page_index=1))
    await results.publish(DocumentFailed(job_id="other", error="x"))
    told: list[tuple[str, int | None, bool]] = []

    async def follow() -> None:
        async for arrived in results.feed():
            if arrived is not None:
                told.append((arrived.job_id, arrived.page_index, arrived.failed))

    follower = asyncio.create_task(follow())
    await wait_until(lambda: len(told) == 3, "three results")
    await results.publish(page_succeeded(page_index=2))
    await wait_until(lambda: len(told) == 4, "the new result")
    follower.cancel()
    with pytest.raises(asyncio.CancelledError):
        await follower
    assert told == [
        ("job-1", 0, False), ("job-1", 1, True), ("other", None, True), ("job-1", 2, False)
    ]  # fmt: skip


async def test_what_a_replica_that_lags_behind_has_not_is_asked_of_the_leader(
    broker: Broker,
) -> None:
    uploads, results = ObjectBucket(broker, name=topology.UPLOADS), Results(broker)
    content = bytes(20 * 128 * 1024)
    await uploads.put("a", content)
    for page_index in range(2):
        await results.publish(page_succeeded(job_id="job", page_index=page_index))
    jobs = JobStore(broker)
    for job_id in ("first", "second"):
        await jobs.publish_summary(job_summary(job_id=job_id))
        await jobs.put_checkpoint(job_id, 7)
    # A mirror answers half of what any replica may answer, and has nothing but one message.
    for stream, has, has_not in (
        (f"OBJ_{topology.UPLOADS}", "$O.UPLOADS.M.*", "$O.UPLOADS.C.*"),
        (topology.RESULTS, "ocr.result.job.1", "ocr.result.job.0"),
        (topology.SUMMARY, "ocr.summary.second", "ocr.summary.first"),
        (f"KV_{topology.JOBS}", "$KV.JOBS.second.>", "$KV.JOBS.first.>"),
    ):
        source = StreamSource(name=stream, filter_subject=has)
        await broker.jetstream.add_stream(
            StreamConfig(name=f"LAGS_{stream}", mirror=source, mirror_direct=True)
        )

        async def answers(stream: str = stream, subject: str = has_not) -> bool:
            try:
                await broker.jetstream.get_msg(
                    stream, seq=1, subject=subject, next=True, direct=True
                )
            except NotFoundError:
                return True
            return False

        await wait_until(answers, f"a replica of {stream} that lags behind")
    assert await uploads.read_all("a") == content
    for _ in range(10):
        assert await results.page(job_id="job", page_index=0) is not None
        assert await jobs.summary("first") is not None
        assert await jobs.checkpoint("first") == 7
