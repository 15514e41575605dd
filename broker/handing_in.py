"""Handing in a document: what every front door does between the bytes and "accepted"."""

import contextlib
import hashlib
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from broker.connection import Broker
from broker.job_marks import JobMarks
from broker.job_store import JobStore
from broker.kept_documents import KeptDocuments
from broker.object_upload import upload
from broker.objects import ObjectBucket
from broker.publishing import Stored, names_object, publish, publish_when_possible
from broker.served_languages import ServedLanguages
from contracts import subjects, topology
from contracts.errors import BrokerUnavailable, JobIdTaken, LanguageUnavailable, StoreFull
from contracts.job_identity import HEADER_MESSAGE_ID
from contracts.job_options import MAX_FILENAME_CHARS, JobOptions
from contracts.option_headers import (
    HEADER_FILENAME,
    HEADER_JOB_ID,
    HEADER_LANGUAGE_CHECKED,
    HEADER_OBJECT,
)
from faults.fail_points import fail_point

# Larger documents go through the bucket: a queue of small messages stays quick to restore.
INLINE_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """A document that is durably ours. `known`: the same one was handed in before."""

    job_id: str
    size_bytes: int
    known: bool


@dataclass(frozen=True, kw_only=True)
class Particulars:
    """How a document is to be read, and what it is called. `headers`: further ones of the
    submission."""

    options: JobOptions
    filename: str
    headers: Mapping[str, str] = field(default_factory=dict)


class HandIn:
    """The one way into stream SUBMIT for documents whose bytes pass through our hands."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._uploads = ObjectBucket(broker, name=topology.UPLOADS)
        self._jobs = JobStore(broker)
        self._marks = JobMarks(broker)
        self._languages = ServedLanguages(broker)
        self._kept = KeptDocuments(broker)

    async def submit(
        self,
        content: AsyncIterator[bytes],
        *,
        job_id: str,
        options: JobOptions,
        filename: str,
        headers: Mapping[str, str] | None = None,
        patient: bool = False,
    ) -> Accepted:
        """`submit_late` for a document of which all is known before its bytes."""
        return await self.submit_late(
            content,
            job_id=job_id,
            particulars=lambda: Particulars(options=options, filename=filename),
            headers=headers,
            patient=patient,
        )

    async def submit_late(
        self,
        content: AsyncIterator[bytes],
        *,
        job_id: str,
        particulars: Callable[[], Particulars],
        headers: Mapping[str, str] | None = None,
        patient: bool = False,
    ) -> Accepted:
        """On return the document is durably accepted. Holds about 1 MB of it in memory.

        `particulars` is called once, after the last byte: forms may tell them behind the file.

        The same document under the same id is the same job, also after its end. `headers`: further
        ones of the submission. `patient`: waits while the queue is full or the broker away.
        Raises: JobIdTaken; LanguageUnavailable if no node reads the language; StoreFull,
        BrokerUnavailable (it may have been accepted all the same: try again under the same id); and
        what `content` raises.
        """
        if await self._jobs.is_buried(job_id):
            raise JobIdTaken(
                f"job {job_id} was deleted, and its id is not free for a day; "
                "submit the document under another id"
            )
        head = bytearray()
        inline_bytes = min(INLINE_BYTES, self._broker.max_message_bytes)
        object_name = None
        async for piece in content:
            head += piece
            if len(head) > inline_bytes:
                # A name of its own for every try: one that replaced another would take the chunks
                # from under an ingest that reads them.
                object_name = f"{job_id}/document-{secrets.token_hex(4)}"
                break
        if object_name is None:
            size, sha256, body = len(head), hashlib.sha256(head).hexdigest(), bytes(head)
        else:
            stored = await upload(
                self._broker,
                bucket=topology.UPLOADS,
                name=object_name,
                content=_chained(head, content),
                make_room=self._kept.make_room,
            )
            size, sha256, body = stored.size, stored.sha256, b""
            fail_point("door.upload_stored")
        try:
            told = particulars()
            options, filename = told.options, told.filename
            await self._must_be_readable(job_id, options.language)
            ended = await self._must_be_its_own(job_id, sha256, filename, options)
        except BaseException:
            # Nothing is published yet, and nobody will ask for it.
            await self._discard(object_name)
            raise
        if ended:
            await self._discard(object_name)
            return Accepted(job_id=job_id, size_bytes=size, known=True)
        everything = {
            **(headers or {}),
            **told.headers,
            **options.to_headers(),
            HEADER_JOB_ID: job_id,
            HEADER_FILENAME: as_header(filename),
            HEADER_MESSAGE_ID: job_id,
            HEADER_LANGUAGE_CHECKED: "true",
            **({HEADER_OBJECT: object_name} if object_name is not None else {}),
        }
        known = await self._publish(job_id, body, everything, object_name, patient=patient)
        fail_point("door.submission_stored")
        return Accepted(job_id=job_id, size_bytes=size, known=known)

    async def _must_be_readable(self, job_id: str, language: str) -> None:
        """Raises: LanguageUnavailable, unless the job was accepted while a node read it."""
        try:
            await self._languages.check(language)
        except LanguageUnavailable:
            if (
                await self._marks.document_of(job_id) is None
                and await self._jobs.summary(job_id) is None
            ):
                raise

    async def _must_be_its_own(
        self, job_id: str, sha256: str, filename: str, options: JobOptions
    ) -> bool:
        """Whether the job has ended. Raises: JobIdTaken if it is another document's."""
        # Of most there is none yet, which the leader has to say anyway.
        summary = await self._jobs.summary(job_id, certain=True)
        facts = {**options.to_headers(), HEADER_FILENAME: as_header(filename)}
        owner = (
            summary.document_sha256
            if summary is not None
            else await self._marks.claim(job_id, sha256, facts=facts)
        )
        if owner not in {"", sha256}:
            raise JobIdTaken(
                f"job id {job_id} belongs to another document; submit {filename} under another id"
            )
        return summary is not None

    async def _publish(
        self,
        job_id: str,
        body: bytes,
        headers: Mapping[str, str],
        object_name: str | None,
        *,
        patient: bool,
    ) -> bool:
        """Whether the same submission was there already."""
        stored: Stored
        if patient:
            stored = await publish_when_possible(self._broker, subjects.SUBMIT, body, headers)
        else:
            try:
                stored = await publish(self._broker, subjects.SUBMIT, body, headers)
            except StoreFull:
                # Nothing of it must stay that would make the store fuller still.
                await self._discard(object_name)
                with contextlib.suppress(BrokerUnavailable):
                    await self._marks.withdraw_claim(job_id)
                raise
        if stored.duplicate and object_name is not None:
            with contextlib.suppress(BrokerUnavailable):  # the bucket's ttl removes it then
                if not await names_object(
                    self._broker, topology.SUBMIT, stored.sequence, object_name
                ):
                    await self._discard(object_name)
        return stored.duplicate

    async def _discard(self, object_name: str | None) -> None:
        if object_name is not None:
            with contextlib.suppress(BrokerUnavailable):
                await self._uploads.delete(object_name)


def as_header(filename: str) -> str:
    """A name as it can stand in a header, which is a line of ASCII."""
    return quote(filename[-MAX_FILENAME_CHARS:].encode("utf-8", "surrogateescape"))


async def _chained(head: bytearray, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield bytes(head)
    head.clear()
    async for piece in rest:
        yield piece
