"""Messages that are stored while the answer that says so is lost."""

import asyncio
from pathlib import Path
from typing import Any

import nats.errors
import pytest
from nats.js import api

from broker.connection import Broker
from broker.job_marks import JobMarks
from broker.job_store import JobStore
from broker.objects import ObjectBucket
from broker.publishing import publish_next
from broker.submissions import SubmitQueue
from contracts import subjects, topology
from contracts.job_options import JobOptions
from tests.examples import job_summary


@pytest.fixture
def one_lost_answer(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next publish is stored, and its answer does not arrive."""
    _lose_one_answer(broker, monkeypatch, "")


def _lose_one_answer(broker: Broker, monkeypatch: pytest.MonkeyPatch, subject: str) -> None:
    real = broker.jetstream.publish
    lost = asyncio.Event()

    async def publish(to: str, *arguments: Any, **options: Any) -> api.PubAck:
        answer = await real(to, *arguments, **options)
        if to.startswith(subject) and not lost.is_set():
            lost.set()
            raise nats.errors.TimeoutError
        return answer

    monkeypatch.setattr(broker.jetstream, "publish", publish)


@pytest.mark.usefixtures("one_lost_answer")
async def test_the_first_writer_knows_itself_when_its_answer_is_lost(broker: Broker) -> None:
    assert await publish_next(broker, "ocr.result.job.0", b"mine", after=0)
    assert not await publish_next(broker, "ocr.result.job.0", b"another's", after=0)


@pytest.mark.usefixtures("one_lost_answer")
async def test_who_ended_a_job_knows_it_when_the_answer_is_lost(broker: Broker) -> None:
    jobs = JobStore(broker)
    assert await jobs.publish_summary(job_summary())
    assert not await jobs.publish_summary(job_summary(total_words=7))
    _, sequence = await jobs.latest_summary("job-1")
    assert await jobs.publish_summary(job_summary(revision=2), after=sequence)
    assert not await jobs.publish_summary(job_summary(revision=2, total_words=7), after=sequence)


@pytest.mark.usefixtures("one_lost_answer")
async def test_who_cancels_first_is_not_told_that_somebody_else_did(broker: Broker) -> None:
    marks = JobMarks(broker)
    assert await marks.request_cancel("job")
    assert not await marks.request_cancel("job")


async def test_a_document_whose_acceptance_was_not_heard_stays_in_the_bucket_once(
    tmp_path: Path, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(1_500_000))  # too large to travel in the message
    _lose_one_answer(broker, monkeypatch, subjects.SUBMIT)
    uploads = ObjectBucket(broker, name=topology.UPLOADS)
    async with SubmitQueue(broker) as queue:
        await queue.submit_file(path, job_id="job", options=JobOptions())
        submission = await queue.pull()
        assert submission is not None
        name = submission.headers["Ocr-Object"]
        assert len(await uploads.read_all(name)) == 1_500_000
        # Handed in again, the copy is known for one, and removed.
        await queue.submit_file(path, job_id="job", options=JobOptions())
        assert len(await uploads.read_all(name)) == 1_500_000
        state = (await broker.jetstream.stream_info(f"OBJ_{topology.UPLOADS}")).state
        assert state.bytes < 2_000_000
        assert (await broker.jetstream.stream_info(topology.SUBMIT)).state.messages == 1
        await submission.delivery.ack()
