"""The queue of submitted documents: stream SUBMIT, and the bucket for documents that are large."""

import asyncio
import contextlib
import hashlib
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

from broker.connection import Broker
from broker.delivery import Delivery
from broker.failures import in_our_words
from broker.handing_in import HandIn
from broker.kept_documents import KeptDocuments, kept_name
from broker.object_reading import ObjectMissing
from broker.object_upload import file_pieces
from broker.objects import ObjectBucket
from broker.pull import Puller
from broker.pulling import Pulling
from contracts import topology
from contracts.errors import InvalidOption
from contracts.ids import is_token
from contracts.job_identity import job_id_of
from contracts.job_options import MAX_FILENAME_CHARS, JobOptions
from contracts.option_headers import (
    HEADER_FILENAME,
    HEADER_LANGUAGE_CHECKED,
    HEADER_OBJECT,
    HEADER_OBJECT_ENTRY,
    HEADER_OBJECT_NUID,
    HEADER_SEALED_PASSWORD,
    HEADER_TENANT,
    with_known_names,
)


class Submission:
    """A document that was handed in: headers as they came, and its bytes, here or in the bucket."""

    def __init__(self, delivery: Delivery, *, uploads: ObjectBucket) -> None:
        self.delivery = delivery
        self._uploads = uploads
        self.headers: Mapping[str, str] = with_known_names(delivery.headers)

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
    def size_bytes(self) -> int:
        """What keeping the document takes: nothing but an entry for one that is in the bucket."""
        return len(self.delivery.payload) + 4096

    @property
    def filename(self) -> str:
        """The name that the submitter gave, for people only: it never becomes a path."""
        return unquote(self.headers.get(HEADER_FILENAME, ""))[:MAX_FILENAME_CHARS] or "document"

    @property
    def tenant(self) -> str:
        """Whose it is, also when its other options are wrong."""
        asked_for = self.headers.get(HEADER_TENANT, "default")
        return asked_for if is_token(asked_for) else "default"

    @property
    def language_is_checked(self) -> bool:
        """Whether the door has seen that a node reads its language."""
        return HEADER_LANGUAGE_CHECKED in self.headers

    async def save(self, path: Path) -> tuple[int, str]:
        """Writes the document to a file; returns its size in bytes, and its SHA-256 in hex.

        Raises: ObjectMissing, BrokerUnavailable.
        """
        if name := self.headers.get(HEADER_OBJECT):
            try:
                return await self._uploads.save(unquote(name), path, **self._which())
            except ObjectMissing:
                return await self._save_kept(path)
        payload = self.delivery.payload
        size = await asyncio.to_thread(path.write_bytes, payload)
        return size, hashlib.sha256(payload).hexdigest()

    async def _save_kept(self, path: Path) -> tuple[int, str]:
        """The same document, if an ingest before this one has given it the name of what is kept."""
        job_id, wrong = self.identity()
        nuid = self.headers.get(HEADER_OBJECT_NUID)
        if wrong is None:
            with contextlib.suppress(ObjectMissing):
                return await self._uploads.save(kept_name(job_id), path, nuid=nuid)
        # In the words that say what was looked for.
        name = unquote(self.headers[HEADER_OBJECT])
        return await self._uploads.save(name, path, **self._which())

    async def keep(self, documents: KeptDocuments) -> None:
        """Keeps the document beyond this submission. Raises: StoreFull, BrokerUnavailable."""
        job_id, _ = self.identity()
        key = self.headers.get(HEADER_SEALED_PASSWORD)
        if name := self.headers.get(HEADER_OBJECT):
            await documents.keep(job_id, unquote(name), **self._which(), sealed_password=key)
        else:
            await documents.keep_bytes(job_id, self.delivery.payload, sealed_password=key)

    async def discard_upload(self, documents: KeptDocuments) -> None:
        """Removes the document from the bucket if it is not kept, once nobody needs it any more."""
        if name := self.headers.get(HEADER_OBJECT):
            await documents.discard(self.identity()[0], unquote(name), **self._which())

    def _which(self) -> dict[str, str | None]:
        return {
            "nuid": self.headers.get(HEADER_OBJECT_NUID),
            "entry": self.headers.get(HEADER_OBJECT_ENTRY),
        }


class SubmitQueue(Pulling):
    """Both ends of the queue."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._uploads = ObjectBucket(broker, name=topology.UPLOADS)
        self._hand_in = HandIn(broker)
        super().__init__(Puller(broker, stream=topology.SUBMIT, consumers=[topology.INGEST]))

    async def submit_file(
        self,
        path: Path,
        *,
        job_id: str,
        options: JobOptions,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Hands in a file; on return it is durably accepted. Waits while the queue is full.
        `headers`: further ones of the submission.

        Raises: OSError if the file cannot be read; StoreFull, JobIdTaken, LanguageUnavailable.
        """
        filename = os.fsencode(path.name).decode("utf-8", "surrogateescape")
        with path.open("rb") as file:
            await self._hand_in.submit(
                file_pieces(file),
                job_id=job_id,
                options=options,
                filename=filename,
                headers=headers,
                patient=True,
            )

    async def others_wait(self) -> bool:
        """Whether submissions wait that nobody has begun. Raises: BrokerUnavailable."""
        with in_our_words("looking at the queue of submissions"):
            info = await self._broker.jetstream.consumer_info(topology.SUBMIT, topology.INGEST)
        return (info.num_pending or 0) > 0

    async def pull(self) -> Submission | None:
        """The next submission, or None after about a second. Raises: BrokerUnavailable."""
        delivery = await self._puller.next()
        return None if delivery is None else Submission(delivery, uploads=self._uploads)
