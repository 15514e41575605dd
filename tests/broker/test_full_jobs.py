"""KV JOBS without any room: what would make room must not wait for it."""

import itertools
from dataclasses import replace

import nats.js.errors
import pytest

from broker.connection import Broker
from broker.job_marks import JobMarks
from contracts.errors import StoreFull
from tests.conftest import SMALL_TOPOLOGY


async def fill(broker: Broker) -> None:
    """Writes values until not even a small one is taken."""
    for size in (500_000, 10_000, 100, 1):
        with pytest.raises(nats.js.errors.APIError, match="maximum bytes exceeded"):
            await write_for_ever(broker, size)


async def write_for_ever(broker: Broker, size: int) -> None:
    for count in itertools.count():
        await broker.jetstream.publish(f"$KV.JOBS.filler.{size}-{count}", bytes(size))


@pytest.mark.parametrize(
    "topology_settings", [replace(SMALL_TOPOLOGY, store_bytes=100 * 2**20)], indirect=True
)
async def test_a_job_is_ended_and_a_cancellation_is_refused_while_there_is_no_room(
    broker: Broker,
) -> None:
    await fill(broker)
    marks = JobMarks(broker)
    # The claim is a courtesy to other aggregators; the end of jobs is what makes room.
    assert await marks.claim_ending("job")
    with pytest.raises(StoreFull):
        await marks.request_cancel("job")
    await broker.jetstream.purge_stream("KV_JOBS", subject="$KV.JOBS.filler.>")
    assert await marks.request_cancel("job")
