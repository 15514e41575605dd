"""Object buckets: documents that come in, and outputs that wait to be fetched."""

import base64
import hashlib
import io
from collections.abc import AsyncIterator
from pathlib import Path

from nats.js import api
from nats.js.errors import NotFoundError, ObjectNotFoundError

from broker.connection import Broker
from broker.failures import in_our_words
from broker.object_upload import INTERNAL_MARK
from contracts.errors import PermanentError


class ObjectMissing(PermanentError):
    """No such object in the bucket, or it is damaged."""


class ObjectBucket:
    """A bucket of named byte strings, each stored in chunks."""

    def __init__(self, broker: Broker, *, name: str) -> None:
        self._broker = broker
        self._bucket = name
        self._stream = f"OBJ_{name}"

    async def put(self, name: str, content: bytes | io.BufferedIOBase) -> None:
        """Stores an object; an older one of the same name is replaced.

        A put that dies half-way leaves chunks without a name, which the bucket's ttl removes.
        Raises: StoreFull, BrokerUnavailable.
        """
        with in_our_words(f"storing an object in {self._bucket}"):
            store = await self._broker.jetstream.object_store(self._bucket)
            await store.put(name, content, meta=api.ObjectMeta(headers=dict(INTERNAL_MARK)))

    async def read(self, name: str) -> AsyncIterator[bytes]:
        """The object's chunks, in order; its digest is checked at the end.

        Not nats-py's get(): that joins chunks quadratically, and waits for ever if one is missing.
        Raises: ObjectMissing, BrokerUnavailable.
        """
        with in_our_words(f"looking up an object in {self._bucket}"):
            store = await self._broker.jetstream.object_store(self._bucket)
            try:
                info = await store.get_info(name)
            except (NotFoundError, ObjectNotFoundError):
                raise ObjectMissing(
                    f"{name} is not in {self._bucket}; it may have expired, submit again"
                ) from None
        digest = hashlib.sha256()
        sequence, left = 1, info.size or 0
        while left > 0:
            chunk = await self._next_chunk(name, info, sequence)
            data, sequence = chunk.data or b"", (chunk.seq or 0) + 1
            digest.update(data)
            left -= len(data)
            yield data
        expected = (info.digest or "").removeprefix("SHA-256=")
        if base64.urlsafe_b64encode(digest.digest()).decode() != expected:
            raise ObjectMissing(f"{name} in {self._bucket} is damaged; submit the document again")

    async def _next_chunk(self, name: str, info: api.ObjectInfo, sequence: int) -> api.RawStreamMsg:
        with in_our_words(f"reading an object from {self._bucket}"):
            try:
                return await self._broker.jetstream.get_msg(
                    self._stream,
                    seq=sequence,
                    subject=f"$O.{self._bucket}.C.{info.nuid}",
                    direct=True,
                    next=True,
                )
            except NotFoundError:
                raise ObjectMissing(
                    f"{name} in {self._bucket} is incomplete; submit it again"
                ) from None

    async def read_all(self, name: str) -> bytes:
        """The whole object, for small ones. Raises: as `read`."""
        return b"".join([chunk async for chunk in self.read(name)])

    async def save(self, name: str, path: Path) -> tuple[int, str]:
        """Writes the object to a file, chunk by chunk; returns its size in bytes, and its SHA-256
        in hex. Raises: as `read`."""
        size, digest = 0, hashlib.sha256()
        with path.open("wb") as file:
            async for chunk in self.read(name):
                size += file.write(chunk)
                digest.update(chunk)
        return size, digest.hexdigest()

    async def names(self) -> list[str]:
        """The names of all objects, sorted. Raises: BrokerUnavailable."""
        with in_our_words(f"listing objects of {self._bucket}"):
            info = await self._broker.jetstream.stream_info(
                self._stream, subjects_filter=f"$O.{self._bucket}.M.*"
            )
        subjects = info.state.subjects or {}
        return sorted(
            base64.urlsafe_b64decode(subject.rpartition(".")[2]).decode() for subject in subjects
        )

    async def delete_below(self, prefix: str) -> None:
        """Removes all objects whose names begin so. Raises: BrokerUnavailable."""
        for name in await self.names():
            if name.startswith(prefix):
                await self.delete(name)

    async def delete(self, name: str) -> None:
        """Removes an object; one that is not there is fine. Raises: BrokerUnavailable.

        Not nats-py's delete(): that leaves a marker for each object.
        """
        token = base64.urlsafe_b64encode(name.encode()).decode()
        with in_our_words(f"removing an object from {self._bucket}"):
            store = await self._broker.jetstream.object_store(self._bucket)
            try:
                info = await store.get_info(name)
            except (NotFoundError, ObjectNotFoundError):
                return
            # Its name first: nobody finds an object whose chunks are going.
            for subject in (f"M.{token}", f"C.{info.nuid}"):
                await self._broker.jetstream.purge_stream(
                    self._stream, subject=f"$O.{self._bucket}.{subject}"
                )
