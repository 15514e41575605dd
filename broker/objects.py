"""Object buckets: documents that come in, and outputs that wait to be fetched."""

import base64
import contextlib
import io
from pathlib import Path

from nats.js import api

from broker.failures import in_our_words
from broker.object_meta import internal_headers
from broker.object_reading import ObjectMissing, ObjectReader, entry_of
from broker.object_upload import file_pieces, upload
from broker.publishing import delete_message
from broker.purging import purge
from broker.stream_subjects import subjects_of
from contracts.ids import is_token


class ObjectBucket(ObjectReader):
    """A bucket of named byte strings, each stored in chunks."""

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
            await purge(
                self._broker,
                self._stream,
                subject=f"$O.{self._bucket}.C.{meta.nuid}",
                doing=f"removing an object from {self._bucket}",
            )
