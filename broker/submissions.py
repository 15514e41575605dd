"""The queue of submitted documents: stream SUBMIT, and the bucket for documents that are large."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote, unquote

from broker.connection import Broker
from broker.delivery import Delivery
from broker.objects import ObjectBucket
from broker.publishing import publish_when_possible
from broker.pull import Puller
from contracts import subjects, topology
from contracts.job_options import (
    HEADER_FILENAME,
    HEADER_JOB_ID,
    HEADER_OBJECT,
    MAX_FILENAME_CHARS,
    JobOptions,
)

# Larger documents go through the bucket: a queue of small messages stays quick to restore.
_INLINE_BYTES: Final = 1024 * 1024


class Submission:
    """A document that was handed in: headers as they came, and its bytes, here or in the bucket."""

    def __init__(self, delivery: Delivery, *, uploads: ObjectBucket) -> None:
        self.delivery = delivery
        self._uploads = uploads
        self.headers: Mapping[str, str] = delivery.headers

    @property
    def job_id(self) -> str | None:
        """The id that the submitter chose, unchecked."""
        return self.headers.get(HEADER_JOB_ID)

    @property
    def stored_at(self) -> datetime:
        return self.delivery.stored_at

    @property
    def filename(self) -> str:
        """The name that the submitter gave, for people only: it never becomes a path."""
        return unquote(self.headers.get(HEADER_FILENAME, ""))[:MAX_FILENAME_CHARS] or "document"

    async def save(self, path: Path) -> int:
        """Writes the document to a file; returns its size in bytes.

        Raises: ObjectMissing, BrokerUnavailable.
        """
        if name := self.headers.get(HEADER_OBJECT):
            return await self._uploads.save(name, path)
        return await asyncio.to_thread(path.write_bytes, self.delivery.payload)

    async def discard_upload(self) -> None:
        """Removes the document from the bucket, once nobody needs it any more."""
        if name := self.headers.get(HEADER_OBJECT):
            await self._uploads.delete(name)


class SubmitQueue:
    """Both ends of the queue."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._uploads = ObjectBucket(broker, name=topology.UPLOADS)
        self._puller = Puller(broker, stream=topology.SUBMIT, consumers=[topology.INGEST])

    async def submit_file(self, path: Path, *, job_id: str, options: JobOptions) -> None:
        """Hands in a document; on return it is durably accepted.

        Waits while the queue is full. Raises: OSError if the file cannot be read.
        """
        headers = {
            **options.to_headers(),
            HEADER_JOB_ID: job_id,
            # Headers are ASCII lines; names are anything.
            HEADER_FILENAME: quote(path.name[-MAX_FILENAME_CHARS:]),
            "Nats-Msg-Id": job_id,
        }
        body = b""
        with path.open("rb") as file:
            size = path.stat().st_size
            if size <= min(_INLINE_BYTES, self._broker.max_message_bytes):
                body = file.read()
            else:
                headers[HEADER_OBJECT] = f"{job_id}/document"
                await self._uploads.put(headers[HEADER_OBJECT], file)
        await publish_when_possible(self._broker, subjects.SUBMIT, body, headers)

    async def pull(self) -> Submission | None:
        """The next submission, or None after about a second. Raises: BrokerUnavailable."""
        delivery = await self._puller.next()
        return None if delivery is None else Submission(delivery, uploads=self._uploads)

    async def __aenter__(self) -> Self:
        await self._puller.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._puller.__aexit__(kind, value, trace)
