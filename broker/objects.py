"""Object buckets: documents that come in, and outputs that wait to be fetched."""

import base64
import contextlib
import hashlib
import io
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from nats.js import api
from nats.js.errors import NotFoundError

from broker.connection import Broker
from broker.failures import in_our_words
from broker.object_meta import ObjectMeta, internal_headers
from broker.object_upload import file_pieces, upload
from broker.publishing import delete_message
from broker.stored_messages import next_message
from broker.stream_subjects import subjects_of
from contracts.errors import MessageUndecodable, PermanentError
from contracts.ids import is_token

# The last part of the subject of an entry: base64 in the alphabet for URLs, or what a client makes.
_TOKEN: Final = re.compile(r"[A-Za-z0-9_=-]+", re.ASCII)


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
            await store.put(name, content, meta=api.ObjectMeta(headers=internal_headers()))

    async def put_new(self, name: str, path: Path) -> None:
        """Stores a file under a name that has none yet: nobody is asked whether it replaces another
        one. Raises: StoreFull, BrokerUnavailable, OSError."""
        with path.open("rb") as file:
            await upload(self._broker, bucket=self._bucket, name=name, content=file_pieces(file))

    async def read(
        self,
        name: str,
        *,
        nuid: str | None = None,
        entry: str | None = None,
        digest: "hashlib._Hash | None" = None,
    ) -> AsyncIterator[bytes]:
        """The object's chunks, in order; its digest is checked at the end. `nuid`: of this one
        only, not of one that has taken its name. `entry`: where it stands, if not where its name
        says. `digest`: a new SHA-256, fed with the chunks for the caller too.

        Not nats-py's get(): that joins chunks quadratically, and waits for ever if one is missing.
        Raises: ObjectMissing, BrokerUnavailable.
        """
        entry = entry_of(name) if entry is None else entry
        meta = await self._existing(name, nuid, entry)
        if meta.is_link:
            raise ObjectMissing(
                f"{name} in {self._bucket} is a link to another object; put the document itself"
            )
        digest = digest if digest is not None else hashlib.sha256()
        sequence, left = 1, meta.size
        while left > 0:
            chunk = await self._next_chunk(meta, sequence, entry)
            data, sequence = chunk.data or b"", (chunk.seq or 0) + 1
            digest.update(data)
            left -= len(data)
            yield data
        expected = meta.digest.removeprefix("SHA-256=").rstrip("=")
        computed = base64.urlsafe_b64encode(digest.digest()).decode().rstrip("=")
        # Some clients give no digest, or in the other alphabet.
        if left < 0 or expected.replace("+", "-").replace("/", "_") not in {"", computed}:
            raise ObjectMissing(f"{name} in {self._bucket} is damaged; submit the document again")

    async def chunks(
        self, name: str, *, begin: int = 1, before: int = 0
    ) -> AsyncIterator[tuple[int, bytes]]:
        """The object's chunks, each with its place in the bucket's stream. `begin`: the place of
        the first one that is wanted, `before`: the bytes of those before it. The digest is not
        checked: this is for parts of an object. Raises: ObjectMissing, BrokerUnavailable."""
        entry = entry_of(name)
        meta = await self._existing(name, None, entry)
        sequence, left = begin, meta.size - before
        while left > 0:
            chunk = await self._next_chunk(meta, sequence, entry)
            data, place = chunk.data or b"", chunk.seq or 0
            sequence, left = place + 1, left - len(data)
            yield place, data

    async def _existing(self, name: str, nuid: str | None, entry: str) -> ObjectMeta:
        found = await self._meta(entry)
        if found is None or found[0].deleted:
            raise ObjectMissing(
                f"{name} is not in {self._bucket}; it may have expired, submit again"
            )
        if nuid is not None and found[0].nuid != nuid:
            raise ObjectMissing(
                f"{name} was replaced in {self._bucket} by another document of the same name "
                "before it was read; put it again, under a name of its own"
            )
        return found[0]

    async def _meta(self, entry: str) -> tuple[ObjectMeta, int] | None:
        """What stands there, and its sequence; None if nothing does. Not nats-py's get_info():
        that trips over entries which other clients wrote. Raises: BrokerUnavailable."""
        if not is_entry(entry):
            return None
        with in_our_words(f"looking up an object in {self._bucket}"):
            try:
                found = await self._broker.jetstream.get_last_msg(
                    self._stream, f"$O.{self._bucket}.M.{entry}"
                )
            except NotFoundError:
                return None
        try:
            return ObjectMeta.parse(found.data or b""), found.seq or 0
        except MessageUndecodable as wrong:
            raise ObjectMissing(str(wrong)) from wrong

    async def _next_chunk(self, meta: ObjectMeta, sequence: int, entry: str) -> api.RawStreamMsg:
        with in_our_words(f"reading an object from {self._bucket}"):
            try:
                return await next_message(
                    self._broker.jetstream,
                    self._stream,
                    f"$O.{self._bucket}.C.{meta.nuid}",
                    sequence=sequence,
                )
            except NotFoundError:
                pass
        # Its chunks may be going because it was replaced, or removed: then that is what to say.
        await self._existing(meta.name, meta.nuid, entry)
        raise ObjectMissing(f"{meta.name} in {self._bucket} is incomplete; submit it again")

    async def read_all(self, name: str) -> bytes:
        """The whole object, for small ones. Raises: as `read`."""
        return b"".join([chunk async for chunk in self.read(name)])

    async def save(
        self, name: str, path: Path, *, nuid: str | None = None, entry: str | None = None
    ) -> tuple[int, str]:
        """Writes the object to a file, chunk by chunk; returns its size in bytes, and its SHA-256
        in hex. Raises: as `read`."""
        size, digest = 0, hashlib.sha256()
        with path.open("wb") as file:
            async for chunk in self.read(name, nuid=nuid, entry=entry, digest=digest):
                size += file.write(chunk)
        return size, digest.hexdigest()

    async def names(self) -> list[str]:
        """The names of all objects, sorted. Raises: BrokerUnavailable."""
        subjects = await subjects_of(
            self._broker,
            self._stream,
            f"$O.{self._bucket}.M.*",
            doing=f"listing objects of {self._bucket}",
        )
        found: list[str] = []
        for subject in subjects:
            # Other writers' tokens may be no names at all.
            with contextlib.suppress(ValueError):
                token = subject.rpartition(".")[2]
                found.append(base64.urlsafe_b64decode(token).decode())
        return sorted(found)

    async def delete_below(self, prefix: str) -> None:
        """Removes all objects whose names begin so. Raises: BrokerUnavailable."""
        for name in await self.names():
            if name.startswith(prefix):
                await self.delete(name)

    async def delete(self, name: str, *, nuid: str | None = None, entry: str | None = None) -> None:
        """Removes an object; one that is not there is fine. `nuid`: this one only, never one that
        has taken its name. `entry`: as for `read`. Raises: BrokerUnavailable.

        Not nats-py's delete(): that leaves a marker for each object.
        """
        try:
            found = await self._meta(entry_of(name) if entry is None else entry)
        except ObjectMissing:  # an entry that nobody can read
            return
        if found is None or nuid not in {None, found[0].nuid}:
            return
        meta, sequence = found
        # Its name first: nobody finds an object whose chunks are going. By its place, so that a
        # newer one that comes at this moment keeps the name.
        await delete_message(self._broker, self._stream, sequence)
        if is_token(meta.nuid):
            with in_our_words(f"removing an object from {self._bucket}"):
                await self._broker.jetstream.purge_stream(
                    self._stream, subject=f"$O.{self._bucket}.C.{meta.nuid}"
                )


def is_entry(entry: str) -> bool:
    """Whether it can be the place of one object: a wildcard would find another one's."""
    return _TOKEN.fullmatch(entry) is not None


def entry_of(name: str) -> str:
    """Where the entry of an object stands: the last part of its subject."""
    return base64.urlsafe_b64encode(name.encode("utf-8", "surrogatepass")).decode()
