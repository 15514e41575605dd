"""The ways into the system. A new front door is one more class, and its name in `DOORS`."""

import asyncio
import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

import nats.errors
import nats.js.errors

from broker.connection import Broker
from broker.submissions import SubmitQueue
from contracts import subjects
from contracts.errors import TransientError
from contracts.job_options import HEADER_FILENAME, HEADER_JOB_ID
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


FILE_DOOR: Final = "file"
DOORS: Final[dict[str, Door]] = {
    FILE_DOOR: FileDoor(),
    "jetstream": JetStreamDoor(),
    "request": RequestDoor(),
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
