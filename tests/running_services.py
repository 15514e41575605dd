"""`docr ingest`, `docr node` and `docr aggregator` as processes against a test's broker."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from broker.announcements import Announcements
from broker.connection import Broker
from broker.fleet import Fleet
from broker.objects import ObjectBucket
from broker.submissions import SubmitQueue
from contracts import topology
from contracts.job_options import JobOptions
from contracts.jobs import JobSummary
from tests.docr.commands import start_docr
from tests.waiting import wait_until

LEASE_S = "2"
_folders: dict[int, Path] = {}  # of services, by pid
Start = Callable[..., "subprocess.Popen[bytes]"]


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def running_services(folder: Path, broker_url: str) -> AsyncIterator[Start]:
    """Yields `start(command, name="", **settings)`. At the end each service is told to stop, and
    must exit 0, unless the test or a fail point has killed it."""
    started: list[subprocess.Popen[bytes]] = []
    folders: list[Path] = []

    def one(command: str, name: str = "", **settings: str) -> "subprocess.Popen[bytes]":
        own = folder / (name or f"{command}-{len(started)}")
        own.mkdir()
        folders.append(own)
        known = {
            "PAGE_LEASE_SECONDS": LEASE_S,
            "SUBMISSION_LEASE_SECONDS": LEASE_S,
            "STOP_GRACE_SECONDS": "2",
            "STORE_GB": "2",
            "MAX_CPU_CORES": "1",
            # No door of its own: nodes of one machine would fight for the port.
            "WORKER_PORT": "0",
        }
        process = start_docr(command, folder=own, NATS_URL=broker_url, **(known | settings))
        started.append(process)
        _folders[process.pid] = own
        return process

    yield one
    try:
        # Before that, nobody is there to take the signal.
        await begun(*started)
        for process in started:
            process.terminate()
        codes = [await asyncio.to_thread(process.wait, 20) for process in started]
    finally:
        for process in started:
            process.kill()
            process.wait()
    assert set(codes) <= {0, -signal.SIGKILL}, [
        (each / "output").read_text()[-2000:] for each in folders
    ]


async def begun(*processes: "subprocess.Popen[bytes]") -> None:
    """Returns once the services are at work: before that, time runs for nobody."""
    for process in processes:
        await wait_until(
            partial(_began, process, _folders[process.pid]), "a service to have begun", 30.0
        )


def _began(process: "subprocess.Popen[bytes]", folder: Path) -> bool:
    return process.poll() is not None or "service started" in (folder / "output").read_text()


async def submit(broker: Broker, folder: Path, content: bytes, job_id: str, **options: Any) -> None:
    """Hands in a document at 72 dpi."""
    path = folder / f"{job_id}-document"
    path.write_bytes(content)
    await SubmitQueue(broker).submit_file(
        path, job_id=job_id, options=JobOptions(**{"dpi": 72, **options})
    )


@asynccontextmanager
async def endings_of(broker: Broker) -> AsyncIterator[list[JobSummary]]:
    """A list that grows by each summary that `ocr.done` tells."""
    endings: list[JobSummary] = []

    async def follow(queue: "asyncio.Queue[JobSummary]") -> None:
        while True:
            endings.append(await queue.get())

    async with Announcements(broker).endings() as queue:
        follower = asyncio.create_task(follow(queue))
        try:
            yield endings
        finally:
            follower.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await follower


async def result_of(broker: Broker, summary: JobSummary) -> dict[str, Any]:
    """The job's result, out of the bucket."""
    assert summary.outputs is not None
    bucket = ObjectBucket(broker, name=topology.OUTPUTS)
    result: dict[str, Any] = json.loads(await bucket.read_all(summary.outputs.result))
    return result


async def held_by_nodes(broker: Broker, consumer: str = "bulk_latin") -> int:
    info = await broker.jetstream.consumer_info(topology.PAGES, consumer)
    return info.num_ack_pending or 0


async def is_read(broker: Broker) -> bool:
    """Whether a node has begun a page; one that it merely holds would be given back if it stops."""
    return any(node.current_pages for node in (await Fleet(broker).status()).workers)


async def messages_in(broker: Broker, stream: str) -> int:
    return (await broker.jetstream.stream_info(stream)).state.messages


async def nothing_is_left(broker: Broker) -> bool:
    """Whether only summaries and outputs are left on the broker."""
    streams = (
        topology.SUBMIT,
        topology.PAGES,
        topology.RESULTS,
        f"KV_{topology.JOBS}",
    )
    return not any([await messages_in(broker, each) for each in streams])


def log_of(folder: Path) -> str:
    """What the services below `folder` have logged."""
    return "\n".join(
        (folder / name / "output").read_text()
        for name in sorted(os.listdir(folder))  # noqa: PTH208
        if (folder / name / "output").exists()
    )
