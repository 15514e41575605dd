"""Acked messages that are in their stream again after the broker was killed.

The server forgets a removal only now and then, so its files are put back by hand: the messages as
they were before the ack, the consumers as they were after it.
"""

import itertools
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from broker.apply_topology import apply_topology
from broker.connection import Broker, BrokerAddress
from broker.job_store import JobStore
from broker.leftovers import Leftovers
from broker.page_queue import PagePuller, PageQueue
from broker.publishing import publish
from broker.submissions import SubmitQueue
from contracts import subjects
from contracts.job_options import JobOptions
from contracts.topology import PAGES, SUBMIT, topology
from tests.conftest import SMALL_TOPOLOGY
from tests.examples import job_summary, manifest, page_task
from tests.nats_server import NatsServer
from tests.waiting import wait_until


@asynccontextmanager
async def _connected(server: NatsServer) -> AsyncIterator[Broker]:
    async with await Broker.connect(BrokerAddress(url=server.url), name="test") as broker:
        yield broker


async def _ack_everything(broker: Broker) -> None:
    async with PagePuller(broker) as pages, SubmitQueue(broker) as submissions:

        async def all_is_acked() -> bool:
            page, submission = await pages.pull(), await submissions.pull()
            if page is not None:
                await page.finish()
            if submission is not None:
                await submission.delivery.ack()
            return page is None and submission is None

        await wait_until(all_is_acked, "both queues to be empty", 30.0)


@pytest.mark.parametrize("job_goes_on", [False, True])
async def test_what_came_back_is_removed_and_what_is_needed_is_queued_again_first(
    tmp_path: Path, job_goes_on: bool
) -> None:
    with NatsServer(tmp_path / "server") as server:
        async with _connected(server) as broker:
            await apply_topology(broker, topology(SMALL_TOPOLOGY))
            await publish(broker, subjects.SUBMIT, b"a document", {"Nats-Msg-Id": "key"})
            await PageQueue(broker).publish(page_task(job_id="job", page_index=4))
            if job_goes_on:
                await JobStore(broker).put_manifest(manifest(job_id="job", pages=5))
        server.stop()
        for stream in (SUBMIT, PAGES):
            shutil.copytree(server.messages_of(stream), tmp_path / stream)
        server.start()
        async with _connected(server) as broker:
            await _ack_everything(broker)
        server.stop()
        for stream in (SUBMIT, PAGES):
            shutil.rmtree(server.messages_of(stream))
            shutil.copytree(tmp_path / stream, server.messages_of(stream))
        server.start()
        async with _connected(server) as broker:
            for stream in (SUBMIT, PAGES):
                assert (await broker.jetstream.stream_info(stream)).state.messages == 1
            async with PagePuller(broker) as pages, SubmitQueue(broker) as submissions:
                assert await pages.pull() is None
                assert await submissions.pull() is None
                if not job_goes_on:
                    job_id = "k" + "2c70e12b7a0646f92279f427c7b38e7334d8e53"
                    await JobStore(broker).publish_summary(job_summary(job_id=job_id))
                leftovers = Leftovers(broker)
                assert await leftovers.remove() == 0  # one look is not enough
                assert await leftovers.remove() == 2
                page, submission = await pages.pull(), await submissions.pull()
                if job_goes_on:
                    # Of the submission nothing is known at all; of the page, that it has no result.
                    assert submission is not None
                    assert submission.identity()[0].startswith("k2c70e12b")
                    assert page is not None
                    assert page.identity() == ("job", 4)
                    await page.finish()
                    await submission.delivery.ack()
                else:
                    assert (page, submission) == (None, None)
                assert await leftovers.remove() == 0


async def test_nothing_is_removed_while_a_consumer_is_left_out_of_the_list(
    broker: Broker, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("a document")
    await SubmitQueue(broker).submit_file(tmp_path / "a.txt", job_id="j1", options=JobOptions())
    # As a cluster tells it while the consumer's leader is elected.
    await broker.jetstream.delete_consumer("SUBMIT", "ingest")
    leftovers = Leftovers(broker)
    assert [await leftovers.remove() for _ in range(2)] == [0, 0]
    assert (await broker.jetstream.stream_info("SUBMIT")).state.messages == 1


async def test_a_queue_in_which_work_goes_on_is_not_searched(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched = []
    get_msg = broker.jetstream.get_msg

    async def counted(*args: object, **kwargs: object) -> object:
        searched.append(kwargs)
        return await get_msg(*args, **kwargs)  # type: ignore[arg-type]

    stream_info = broker.jetstream.stream_info

    async def as_pages_arrive(name: str) -> object:
        await PageQueue(broker).publish(page_task(job_id="job", page_index=next(places)))
        return await stream_info(name)

    monkeypatch.setattr(broker.jetstream, "get_msg", counted)
    monkeypatch.setattr(broker.jetstream, "stream_info", as_pages_arrive)
    places = itertools.count()
    leftovers = Leftovers(broker)
    for _ in range(4):
        assert await leftovers.remove() == 0
    assert next(places) >= 16
    assert not searched
