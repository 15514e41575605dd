"""The queue of submitted documents: stream SUBMIT, and the bucket for documents that are large."""

import asyncio
import contextlib
import hashlib
import os
import secrets
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote, unquote

from broker.connection import Broker
from broker.delivery import Delivery
from broker.failures import in_our_words
from broker.job_marks import JobMarks
from broker.job_store import JobStore
from broker.objects import ObjectBucket
from broker.publishing import names_object, publish_when_possible
from broker.pull import Puller
from contracts import subjects, topology
from contracts.errors import BrokerUnavailable, InvalidOption, JobIdTaken
from contracts.job_identity import HEADER_MESSAGE_ID, job_id_of
from contracts.job_options import (
    HEADER_FILENAME,
    HEADER_JOB_ID,
    HEADER_OBJECT,
    MAX_FILENAME_CHARS,
    JobOptions,
)
from faults.fail_points import fail_point

# Larger documents go through the bucket: a queue of small messages stays quick to restore.
_INLINE_BYTES: Final = 1024 * 1024


class Submission:
    """A document that was handed in: headers as they came, and its bytes, here or in the bucket."""

    def __init__(self, delivery: Delivery, *, uploads: ObjectBucket) -> None:
        self.delivery = delivery
        self._uploads = uploads
        self.headers: Mapping[str, str] = delivery.headers

    def identity(self) -> tuple[str, InvalidOption | None]:
        """The job's id, and what is wrong with the one that was asked for."""
        return job_id_of(
            self.headers,
            stored_at=self.delivery.stored_at,
            stream_sequence=self.delivery.stream_sequence,
        )

    @property
    def stored_at(self) -> datetime:
        return self.delivery.stored_at

    @property
    def filename(self) -> str:
        """The name that the submitter gave, for people only: it never becomes a path."""
        return unquote(self.headers.get(HEADER_FILENAME, ""))[:MAX_FILENAME_CHARS] or "document"

    async def save(self, path: Path) -> tuple[int, str]:
        """Writes the document to a file; returns its size in bytes, and its SHA-256 in hex.

        Raises: ObjectMissing, BrokerUnavailable.
        """
        if name := self.headers.get(HEADER_OBJECT):
            return await self._uploads.save(name, path)
        payload = self.delivery.payload
        size = await asyncio.to_thread(path.write_bytes, payload)
        return size, hashlib.sha256(payload).hexdigest()

    async def discard_upload(self) -> None:
        """Removes the document from the bucket, once nobody needs it any more."""
        if name := self.headers.get(HEADER_OBJECT):
            await self._uploads.delete(name)


class SubmitQueue:
    """Both ends of the queue."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._uploads = ObjectBucket(broker, name=topology.UPLOADS)
        self._jobs = JobStore(broker)
        self._marks = JobMarks(broker)
        self._puller = Puller(broker, stream=topology.SUBMIT, consumers=[topology.INGEST])

    async def submit_file(self, path: Path, *, job_id: str, options: JobOptions) -> None:
        """Hands in a document; on return it is durably accepted.

        The same document under the same id is the same job, also after its end. Waits while the
        queue is full. Raises: OSError if the file cannot be read; JobIdTaken.
        """
        if await self._jobs.is_buried(job_id):
            raise JobIdTaken(
                f"job {job_id} was deleted, and its id is not free for a day; "
                f"submit {path.name} under another id"
            )
        sha256 = await asyncio.to_thread(_sha256, path)
        summary = await self._jobs.summary(job_id)
        owner = summary.document_sha256 if summary else await self._marks.claim(job_id, sha256)
        if owner not in {"", sha256}:
            raise JobIdTaken(
                f"job id {job_id} belongs to another document; submit {path.name} under another id"
            )
        if summary is not None:
            return
        headers = {
            **options.to_headers(),
            HEADER_JOB_ID: job_id,
            # Headers are ASCII lines; names are anything.
            HEADER_FILENAME: quote(os.fsencode(path.name[-MAX_FILENAME_CHARS:])),
            HEADER_MESSAGE_ID: job_id,
        }
        body = b""
        with path.open("rb") as file:
            size = path.stat().st_size
            if size <= min(_INLINE_BYTES, self._broker.max_message_bytes):
                body = file.read()
            else:
                # A name of its own for every try: one that replaced another would take the chunks
                # from under an ingest that reads them.
                headers[HEADER_OBJECT] = f"{job_id}/document-{secrets.token_hex(4)}"
                await self._uploads.put(headers[HEADER_OBJECT], file)
                fail_point("door.upload_stored")
        stored = await publish_when_possible(self._broker, subjects.SUBMIT, body, headers)
        fail_point("door.submission_stored")
        name = headers.get(HEADER_OBJECT)
        if stored.duplicate and name is not None:
            with contextlib.suppress(BrokerUnavailable):  # the bucket's ttl removes it then
                if not await names_object(self._broker, topology.SUBMIT, stored.sequence, name):
                    await self._uploads.delete(name)

    async def others_wait(self) -> bool:
        """Whether submissions wait that nobody has begun. Raises: BrokerUnavailable."""
        with in_our_words("looking at the queue of submissions"):
            info = await self._broker.jetstream.consumer_info(topology.SUBMIT, topology.INGEST)
        return (info.num_pending or 0) > 0

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


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
