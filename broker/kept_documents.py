"""Documents that are kept after their pages were read: some outputs are made of the file itself.

One that came by bucket UPLOADS stays where it lies, under a name of its own: a second copy would be
most of the broker's work for a job.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import structlog
from nats.js.errors import NotFoundError

from broker.connection import Broker
from broker.failures import in_our_words
from broker.job_store import JobStore
from broker.object_meta import ObjectMeta, internal_headers
from broker.object_reading import ObjectMissing, entry_of, is_entry
from broker.object_upload import upload_first
from broker.objects import ObjectBucket
from broker.publishing import delete_message, publish_next
from contracts import topology
from contracts.errors import MessageUndecodable
from contracts.ids import is_token
from contracts.option_headers import HEADER_SEALED_PASSWORD

log = structlog.get_logger(__name__)

_STREAM: Final = f"OBJ_{topology.UPLOADS}"
_ENTRIES: Final = f"$O.{topology.UPLOADS}.M."
_NAME: Final = "document"
# Kept documents give way before the bucket is full: who puts an object with a client that is not
# ours cannot wait for room.
_FULL_FROM, _FULL_TO = 0.75, 0.6
_PATIENCE_S: Final = 5.0


def kept_name(job_id: str) -> str:
    """The name of a job's document in bucket UPLOADS."""
    return f"{job_id}/{_NAME}"


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A kept document. `size` in bytes; `since`: when it was given its name."""

    job_id: str
    size: int
    since: datetime


@dataclass(frozen=True, kw_only=True)
class OpenedDocument:
    """A kept document on its way out. `size` in bytes; `sealed_password` opens it, if one does."""

    size: int
    content: AsyncIterator[bytes]
    sealed_password: str | None


class KeptDocuments:
    """By job id."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._bucket = ObjectBucket(broker, name=topology.UPLOADS)
        self._jobs = JobStore(broker)

    async def keep(
        self,
        job_id: str,
        name: str,
        *,
        nuid: str | None = None,
        entry: str | None = None,
        sealed_password: str | None = None,
    ) -> None:
        """Gives an uploaded object the name under which it is kept; its chunks stay as they are,
        and its user's name is free again. One that is gone is fine; where another is kept already,
        this one is removed. `nuid` and `entry`: as for ObjectBucket.read. `sealed_password`: what
        opens the document lies beside it, and goes with it.

        Raises: StoreFull, BrokerUnavailable.
        """
        found = await self._entry(entry_of(name) if entry is None else entry)
        if found is None or nuid not in {None, found[0].nuid}:
            return
        meta, told, sequence = found
        renamed = {
            **told,
            "name": kept_name(job_id),
            "headers": internal_headers(_beside(sealed_password)),
        }
        if await publish_next(
            self._broker,
            _ENTRIES + entry_of(kept_name(job_id)),
            json.dumps(renamed).encode(),
            after=0,
            give_up_after_s=_PATIENCE_S,
        ):
            await delete_message(self._broker, _STREAM, sequence)
        else:
            await self.discard(job_id, name, nuid=meta.nuid, entry=entry)

    async def keep_bytes(
        self, job_id: str, content: bytes, *, sealed_password: str | None = None
    ) -> None:
        """Keeps a document that came without the bucket. Raises: StoreFull, BrokerUnavailable."""
        if await self._entry(entry_of(kept_name(job_id))) is None:

            async def once() -> AsyncIterator[bytes]:
                yield content

            await upload_first(
                self._broker,
                bucket=topology.UPLOADS,
                name=kept_name(job_id),
                content=once(),
                attached=_beside(sealed_password),
            )

    async def save(self, job_id: str, path: Path) -> str | None:
        """Writes the document to a file; returns its password, sealed, None for one without.
        Raises: ObjectMissing, BrokerUnavailable."""
        await self._bucket.save(kept_name(job_id), path)
        found = await self._entry(entry_of(kept_name(job_id)))
        return found[0].attached().get(HEADER_SEALED_PASSWORD) if found is not None else None

    async def opened(self, job_id: str) -> OpenedDocument:
        """The document, to be read piece by piece. Raises: ObjectMissing, also while it is read;
        BrokerUnavailable."""
        found = await self._entry(entry_of(kept_name(job_id)))
        if found is None:
            raise ObjectMissing(
                "the document is not kept any more; hand it in again from where you have it"
            )
        meta = found[0]
        return OpenedDocument(
            size=meta.size,
            content=self._bucket.read(kept_name(job_id), nuid=meta.nuid),
            sealed_password=meta.attached().get(HEADER_SEALED_PASSWORD),
        )

    async def remove(self, job_id: str) -> None:
        """One that is not there is fine. Raises: BrokerUnavailable."""
        await self._bucket.delete(kept_name(job_id))

    async def discard(
        self, job_id: str, name: str, *, nuid: str | None = None, entry: str | None = None
    ) -> None:
        """Removes an uploaded object that is not to be kept. Raises: BrokerUnavailable."""
        kept = await self._entry(entry_of(kept_name(job_id)))
        found = await self._entry(entry_of(name) if entry is None else entry)
        if kept is not None and found is not None and kept[0].nuid == found[0].nuid:
            # The same chunks under two names: ingest died between the two.
            await delete_message(self._broker, _STREAM, found[2])
        else:
            await self._bucket.delete(name, nuid=nuid, entry=entry)

    async def make_room(self, needed: int) -> bool:
        """Removes the oldest documents of ended jobs until so many bytes are free; whether there
        was any. Raises: BrokerUnavailable."""
        freed = 0
        async for kept in self._oldest_first():
            if freed >= needed:
                break
            if await self._jobs.summary(kept.job_id) is not None:
                log.info("a kept document gives way", job_id=kept.job_id)
                await self.remove(kept.job_id)
                freed += max(kept.size, 1)
        return freed > 0

    async def tidy(self, *, keep: bool) -> None:
        """Makes room where it gets short, and removes documents whose outputs have expired; those
        of all ended jobs unless they are to be kept. Raises: BrokerUnavailable."""
        with in_our_words("looking at bucket UPLOADS"):
            info = await self._broker.jetstream.stream_info(_STREAM)
        most = info.config.max_bytes or 0
        if most > 0 and info.state.bytes > most * _FULL_FROM:
            await self.make_room(info.state.bytes - int(most * _FULL_TO))
        now = datetime.now(UTC)
        lasting = None if keep else timedelta()
        async for kept in self._oldest_first():
            if lasting is None:
                lasting = await self._outputs_last()
            if now - kept.since < lasting:
                return
            summary = await self._jobs.summary(kept.job_id)
            gone = (
                await self._jobs.manifest(kept.job_id, certain=True) is None
                if summary is None
                else now - summary.end_time >= lasting
            )
            if gone:
                await self.remove(kept.job_id)

    async def _outputs_last(self) -> timedelta:
        with in_our_words("looking at bucket OUTPUTS"):
            outputs = await self._broker.jetstream.stream_info(f"OBJ_{topology.OUTPUTS}")
        return timedelta(seconds=outputs.config.max_age or 0.0)

    async def _oldest_first(self) -> AsyncIterator[Kept]:
        sequence = 0
        while True:
            with in_our_words("listing kept documents"):
                try:
                    found = await self._broker.jetstream.get_msg(
                        _STREAM, seq=sequence + 1, subject=f"{_ENTRIES}*", next=True
                    )
                except NotFoundError:
                    return
            sequence = found.seq or 0
            try:
                meta = ObjectMeta.parse(found.data or b"")
            except MessageUndecodable:
                continue
            job_id, _, rest = meta.name.partition("/")
            if meta.is_internal and rest == _NAME and is_token(job_id):
                yield Kept(job_id=job_id, size=meta.size, since=found.time or datetime.now(UTC))

    async def _entry(self, entry: str) -> tuple[ObjectMeta, dict[str, Any], int] | None:
        """What stands there: read, as it is, and its sequence. None if it is nothing of use."""
        if not is_entry(entry):
            return None
        with in_our_words("looking up an object in UPLOADS"):
            try:
                found = await self._broker.jetstream.get_last_msg(_STREAM, _ENTRIES + entry)
            except NotFoundError:
                return None
        try:
            meta = ObjectMeta.parse(found.data or b"")
        except MessageUndecodable:
            return None
        if meta.deleted or meta.is_link:
            return None
        return meta, json.loads(found.data or b"{}"), found.seq or 0


def _beside(sealed_password: str | None) -> dict[str, str]:
    return {} if sealed_password is None else {HEADER_SEALED_PASSWORD: sealed_password}
