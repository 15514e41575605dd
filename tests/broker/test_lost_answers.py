"""Messages that are stored while the answer that says so is lost."""

import asyncio
from typing import Any

import nats.errors
import pytest
from nats.js import api

from broker.connection import Broker
from broker.job_marks import JobMarks
from broker.job_store import JobStore
from broker.publishing import publish_first
from tests.examples import job_summary


@pytest.fixture
def one_lost_answer(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next publish is stored, and its answer does not arrive."""
    real = broker.jetstream.publish
    lost = asyncio.Event()

    async def publish(*arguments: Any, **options: Any) -> api.PubAck:
        answer = await real(*arguments, **options)
        if not lost.is_set():
            lost.set()
            raise nats.errors.TimeoutError
        return answer

    monkeypatch.setattr(broker.jetstream, "publish", publish)


@pytest.mark.usefixtures("one_lost_answer")
async def test_the_first_writer_knows_itself_when_its_answer_is_lost(broker: Broker) -> None:
    assert await publish_first(broker, "ocr.result.job.0", b"mine")
    assert not await publish_first(broker, "ocr.result.job.0", b"another's")


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
