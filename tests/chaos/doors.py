"""The ways into the system. A new front door is one more class, and its name in `doors`."""

import asyncio
import contextlib
import itertools
import json
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Protocol

import httpx
import nats.errors
import nats.js.errors
from nats.js.api import ObjectMeta

from broker.connection import Broker
from broker.submissions import SubmitQueue
from contracts import subjects, topology
from contracts.errors import TransientError
from contracts.option_headers import HEADER_FILENAME, HEADER_JOB_ID
from tests.chaos.workload import PlannedJob


class NotAccepted(Exception):
    """The door did not say that it has the document; it may have it all the same."""


class Door(Protocol):
    """One way to hand in a document."""

    async def submit(self, broker: Broker, job: PlannedJob, path: Path) -> None:
        """Returns once the document is accepted durably. Raises: NotAccepted, to be tried again
        under the same job id."""
        ...


class FileDoor:
    """`SubmitQueue.submit_file`: what `docr run` does; over 1 MB by bucket UPLOADS."""

    async def submit(self, broker: Broker, job: PlannedJob, path: Path) -> None:
        try:
            await SubmitQueue(broker).submit_file(path, job_id=job.job_id, options=job.options)
        except TransientError as refused:
            raise NotAccepted(str(refused)) from refused


class JetStreamDoor:
    """A JetStream publish to `ocr.submit` with headers."""

    async def submit(self, broker: Broker, job: PlannedJob, path: Path) -> None:
        content = await asyncio.to_thread(path.read_bytes)
        with _refusals():
            await broker.jetstream.publish(
                subjects.SUBMIT, content, timeout=5, headers=_headers(job, path)
            )


class RequestDoor:
    """A plain NATS request to `ocr.submit`: `nats req`, whose answer is the PubAck."""

    async def submit(self, broker: Broker, job: PlannedJob, path: Path) -> None:
        content = await asyncio.to_thread(path.read_bytes)
        with _refusals():
            answer = await broker.client.request(
                subjects.SUBMIT, content, timeout=5, headers=_headers(job, path)
            )
        ack = json.loads(answer.data)
        if "error" in ack or "seq" not in ack:
            raise NotAccepted(str(ack))


class ServiceDoor:
    """A request to `ocr.jobs.submit`, which answers with the job's id."""

    async def submit(self, broker: Broker, job: PlannedJob, path: Path) -> None:
        content = await asyncio.to_thread(path.read_bytes)
        if not content:
            # Refused at this door, where somebody waits for an answer.
            await RequestDoor().submit(broker, job, path)
            return
        with _refusals():
            answer = await broker.client.request(
                "ocr.jobs.submit", content, timeout=10, headers=_headers(job, path)
            )
        if "job_id" not in json.loads(answer.data):
            raise NotAccepted(answer.data.decode())


class BucketDoor:
    """An object put into bucket UPLOADS by nats-py itself, options in its headers."""

    async def submit(self, broker: Broker, job: PlannedJob, path: Path) -> None:
        content = await asyncio.to_thread(path.read_bytes)
        headers = {name: [value] for name, value in _headers(job, path).items()}
        # A second try under the same name would take the first one's chunks away.
        name = f"{job.job_id}-{secrets.token_hex(4)}.{job.kind}"
        with _refusals():
            store = await broker.jetstream.object_store(topology.UPLOADS)
            await store.put(name, content, meta=ObjectMeta(headers=headers))


class HttpDoor:
    """`POST /jobs`, as a form: at one gateway until it does not answer, then at the next one, as a
    balancer before them does."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = itertools.cycle(urls)
        self._url = next(self._urls)

    async def submit(self, broker: Broker, job: PlannedJob, path: Path) -> None:
        del broker
        content = await asyncio.to_thread(path.read_bytes)
        try:
            async with httpx.AsyncClient(base_url=self._url, timeout=10) as client:
                answer = await client.post(
                    "/jobs", files={"file": (path.name, content)}, headers=_headers(job, path)
                )
        except httpx.TransportError as refused:
            self._url = next(self._urls)
            raise NotAccepted(f"{type(refused).__name__}: {refused}") from refused
        if answer.status_code == 503:  # full, away, or stopping
            self._url = next(self._urls)
            raise NotAccepted(answer.text)
        if answer.status_code != 202:
            raise RuntimeError(f"the gateway refused {job}: {answer.text}")


# What is larger than a message goes in by these.
LARGE_DOORS: Final = ("bucket", "file", "http")
DOOR_NAMES: Final = (*LARGE_DOORS, "jetstream", "request", "service")


# Whoever hands in by these needs to be no more than a submitter; by the others, an operator.
SUBMITTERS_DOORS: Final = frozenset({"jetstream", "request", "service"})


def doors(http_urls: Sequence[str]) -> dict[str, Door]:
    """All of them."""
    return {
        "bucket": BucketDoor(),
        "file": FileDoor(),
        "http": HttpDoor(http_urls),
        "jetstream": JetStreamDoor(),
        "request": RequestDoor(),
        "service": ServiceDoor(),
    }


def _headers(job: PlannedJob, path: Path) -> dict[str, str]:
    return {
        **job.options.to_headers(),
        HEADER_JOB_ID: job.job_id,
        HEADER_FILENAME: path.name,
    }


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except (nats.errors.Error, nats.js.errors.Error, OSError, TimeoutError) as refused:
        raise NotAccepted(f"{type(refused).__name__}: {refused}") from refused
