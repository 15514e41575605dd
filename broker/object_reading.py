"""Objects of a bucket on their way out."""

import asyncio
import base64
import hashlib
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Final

from nats.js import api
from nats.js.errors import NotFoundError

from broker.connection import Broker
from broker.failures import in_our_words
from broker.object_chunks import AT_ONCE, chunks_in_order
from broker.object_meta import ObjectMeta
from broker.stored_messages import next_message
from contracts.errors import MessageUndecodable, PermanentError

# The last part of the subject of an entry: base64 in the alphabet for URLs, or what a client makes.
_TOKEN: Final = re.compile(r"[A-Za-z0-9_=-]+", re.ASCII)


class ObjectMissing(PermanentError):
    """No such object in the bucket, or it is damaged."""


class ObjectReader:
    """Reads what is in a bucket of named byte strings, each stored in chunks."""

    def __init__(self, broker: Broker, *, name: str) -> None:
        self._broker = broker
        self._bucket = name
        self._stream = f"OBJ_{name}"

    async def read(
        self, name: str, *, nuid: str | None = None, entry: str | None = None
    ) -> AsyncGenerator[bytes]:
        """The object's chunks, in order; its digest is checked at the end. `nuid`: of this one
        only, not of one that has taken its name. `entry`: where it stands, if not where its name
        says. Close it (contextlib.aclosing), unless it is read to its end.

        Not nats-py's get(): that joins chunks quadratically, and waits for ever if one is missing.
        Raises: ObjectMissing, BrokerUnavailable.
        """
        meta, entry = await self._document(name, nuid, entry)
        size, digest = 0, hashlib.sha256()
        async with aclosing(self._chunks(meta, entry)) as chunks:
            async for _, data in chunks:
                size += len(data)
                digest.update(data)
                yield data
        self._check(meta, name, size, digest)

    async def read_all(self, name: str) -> bytes:
        """The whole object, for small ones. Raises: as `read`."""
        return b"".join([chunk async for chunk in self.read(name)])

    async def save(
        self, name: str, path: Path, *, nuid: str | None = None, entry: str | None = None
    ) -> tuple[int, str]:
        """Writes the object to a file, chunk by chunk; returns its size in bytes, and its SHA-256
        in hex. Raises: as `read`."""
        meta, entry = await self._document(name, nuid, entry)
        size, digest = 0, hashlib.sha256()
        with path.open("wb") as file:

            def keep(data: bytes) -> None:
                digest.update(data)
                file.write(data)

            async with aclosing(self._chunks(meta, entry)) as chunks:
                async for _, data in chunks:
                    size += len(data)
                    # Beside the loop, which meanwhile takes the next chunk in.
                    await asyncio.to_thread(keep, data)
        self._check(meta, name, size, digest)
        return size, digest.hexdigest()

    async def chunks(
        self, name: str, *, begin: int = 1, before: int = 0
    ) -> AsyncIterator[tuple[int, bytes]]:
        """The object's chunks, each with its place in the bucket's stream. `begin`: the place of
        the first one that is wanted, `before`: the bytes of those before it. The digest is not
        checked: this is for parts of an object. Raises: ObjectMissing, BrokerUnavailable."""
        entry = entry_of(name)
        meta = await self._existing(name, None, entry)
        async with aclosing(
            self._chunks(meta, entry, begin=begin, before=before, at_once=1)
        ) as chunks:
            async for place, data in chunks:
                yield place, data

    def _chunks(
        self,
        meta: ObjectMeta,
        entry: str,
        *,
        begin: int = 1,
        before: int = 0,
        at_once: int = AT_ONCE,
    ) -> AsyncGenerator[tuple[int, bytes]]:
        return chunks_in_order(
            lambda place: self._next_chunk(meta, place, entry),
            begin=begin,
            size=meta.size - before,
            at_once=at_once,
        )

    async def _document(
        self, name: str, nuid: str | None, entry: str | None
    ) -> tuple[ObjectMeta, str]:
        """What is to be read, and where its entry stands. Raises: ObjectMissing,
        BrokerUnavailable."""
        entry = entry_of(name) if entry is None else entry
        meta = await self._existing(name, nuid, entry)
        if meta.is_link:
            raise ObjectMissing(
                f"{name} in {self._bucket} is a link to another object; put the document itself"
            )
        return meta, entry

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

    def _check(self, meta: ObjectMeta, name: str, size: int, digest: "hashlib._Hash") -> None:
        expected = meta.digest.removeprefix("SHA-256=").rstrip("=")
        computed = base64.urlsafe_b64encode(digest.digest()).decode().rstrip("=")
        # Some clients give no digest, or in the other alphabet.
        same = expected.replace("+", "-").replace("/", "_") in {"", computed}
        if size != meta.size or not same:
            raise ObjectMissing(f"{name} in {self._bucket} is damaged; submit the document again")


def is_entry(entry: str) -> bool:
    """Whether it can be the place of one object: a wildcard would find another one's."""
    return _TOKEN.fullmatch(entry) is not None


def entry_of(name: str) -> str:
    """Where the entry of an object stands: the last part of its subject."""
    return base64.urlsafe_b64encode(name.encode("utf-8", "surrogatepass")).decode()
