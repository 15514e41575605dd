"""Outputs on their way from the broker into files."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from broker.apply_topology import apply_topology
from broker.connection import Broker, BrokerAddress
from broker.object_reading import ObjectMissing
from broker.objects import ObjectBucket
from contracts import topology as names
from contracts.jobs import JobSummary, Outputs
from contracts.topology import topology
from docr.fetching import Fetcher
from tests.conftest import SMALL_TOPOLOGY
from tests.docr.commands import docr, start_docr
from tests.documents import pdf
from tests.examples import job_summary
from tests.nats_server import NatsServer
from tests.waiting import wait_until


async def stored(broker: Broker, folder: str) -> JobSummary:
    """The summary of a job whose outputs are on the broker."""
    outputs = Outputs(
        **{each: f"{folder}/{each}" for each in ("result", "text", "markdown", "pages")}
    )
    bucket = ObjectBucket(broker, name=names.OUTPUTS)
    for each in ("result", "text", "markdown"):
        await bucket.put(f"{folder}/{each}", f"{each} of {folder}".encode())
    return job_summary().model_copy(update={"outputs": outputs, "pages_processed": 1})


async def test_two_who_write_the_same_file_leave_a_whole_one(
    connect: Callable[[], Awaitable[Broker]], broker: Broker, tmp_path: Path
) -> None:
    both = [await stored(broker, name) for name in ("one", "other")]
    brokers = [await connect() for _ in both]
    await asyncio.gather(
        *(
            Fetcher(each, out=tmp_path).fetch(Path("deep/a"), summary)
            for each, summary in zip(brokers, both, strict=True)
        )
    )
    assert {path.name for path in (tmp_path / "deep").iterdir()} == {"a.txt", "a.md", "a.json"}
    assert (tmp_path / "deep/a.txt").read_text() in {"text of one", "text of other"}


async def test_fetching_outlasts_a_broker_that_is_started_again(tmp_path: Path) -> None:
    with NatsServer(tmp_path / "server") as server:
        async with await Broker.connect(BrokerAddress(url=server.url), name="test") as broker:
            await apply_topology(broker, topology(SMALL_TOPOLOGY))
            summary = await stored(broker, "job")
            server.kill()
            await wait_until(lambda: not broker.client.is_connected, "the connection to be gone")
            waiting = asyncio.create_task(
                Fetcher(broker, out=tmp_path / "out").fetch(Path("a"), summary)
            )
            server.start()
            assert await waiting == tmp_path / "out/a.txt"


async def test_outputs_that_are_gone_leave_the_older_files_as_they_were(
    broker: Broker, tmp_path: Path
) -> None:
    summary = await stored(broker, "job")
    await ObjectBucket(broker, name=names.OUTPUTS).delete("job/text")
    (tmp_path / "a.txt").write_text("older")
    with pytest.raises(ObjectMissing):
        await Fetcher(broker, out=tmp_path).fetch(Path("a"), summary)
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "older"


def test_two_runs_into_one_folder_do_not_disturb_each_other(tmp_path: Path) -> None:
    for number in range(8):
        (tmp_path / f"{number}.pdf").write_bytes(pdf(1))
    documents = [f"{number}.pdf" for number in range(8)]
    other = start_docr("run", *documents, folder=tmp_path)
    mine = docr("run", *documents, folder=tmp_path)
    assert mine.returncode == 0, mine.stderr
    assert other.wait(timeout=60) == 0, (tmp_path / "output").read_text()
    assert len(list((tmp_path / "ocr-output").iterdir())) == 3 * 8
