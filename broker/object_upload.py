"""Writing an object of unknown length, chunk by chunk as it comes."""

import asyncio
import base64
import contextlib
import hashlib
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO, Final

from nats.js.errors import APIError

from broker.connection import Broker
from broker.failures import WRONG_LAST_SEQUENCE, in_our_words
from broker.object_meta import internal_headers
from broker.purging import purge
from contracts.errors import OcrError, StoreFull

# Each chunk is a write to the broker's disk: larger ones than the usual 128 KiB make fewer of them.
CHUNK_BYTES: Final = 512 * 1024
# Freed in one go when there is no room, so that not each chunk has to ask for it.
_ROOM_CHUNKS: Final = 8
_REPLACING: Final[Mapping[str, str]] = {"Nats-Rollup": "sub"}
_FIRST: Final[Mapping[str, str]] = {"Nats-Expected-Last-Subject-Sequence": "0"}

MakeRoom = Callable[[int], Awaitable[bool]]


async def file_pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    """What is left of a file, a chunk at a time, read beside the loop. Raises: OSError."""
    while piece := await asyncio.to_thread(file.read, CHUNK_BYTES):
        yield piece


@dataclass(frozen=True, kw_only=True)
class Uploaded:
    """What was stored. `sha256` in hex."""

    size: int
    sha256: str


async def upload(
    broker: Broker,
    *,
    bucket: str,
    name: str,
    content: AsyncIterator[bytes],
    make_room: MakeRoom | None = None,
) -> Uploaded:
    """Stores an object under a name that has none yet; half an object is removed again.

    Holds one chunk in memory. `make_room`: asked, when the bucket is full, to free so many bytes;
    whether it did. Raises: StoreFull, BrokerUnavailable, and what `content` raises.
    """
    return await _upload(
        broker, bucket=bucket, name=name, content=content, headers=_REPLACING, make_room=make_room
    )


async def upload_first(
    broker: Broker,
    *,
    bucket: str,
    name: str,
    content: AsyncIterator[bytes],
    attached: Mapping[str, str] | None = None,
) -> bool:
    """Stores an object unless there is one of that name; whether it did. `attached`: headers of the
    object. Raises: as `upload`."""
    try:
        await _upload(
            broker, bucket=bucket, name=name, content=content, headers=_FIRST, attached=attached
        )
    except APIError as refused:
        if refused.err_code != WRONG_LAST_SEQUENCE:
            raise
        return False
    return True


async def _upload(
    broker: Broker,
    *,
    bucket: str,
    name: str,
    content: AsyncIterator[bytes],
    headers: Mapping[str, str],
    make_room: MakeRoom | None = None,
    attached: Mapping[str, str] | None = None,
) -> Uploaded:
    nuid = secrets.token_hex(11)
    chunk_subject = f"$O.{bucket}.C.{nuid}"
    digest = hashlib.sha256()
    size = count = 0
    named = False

    async def publish(chunk: bytes) -> None:
        with in_our_words(f"storing an object in {bucket}"):
            await broker.jetstream.publish(chunk_subject, chunk, timeout=10)

    async def store(chunk: bytes) -> None:
        nonlocal count
        try:
            await publish(chunk)
        except StoreFull:
            if make_room is None or not await make_room(_ROOM_CHUNKS * CHUNK_BYTES):
                raise
            await publish(chunk)
        count += 1

    try:
        buffer = bytearray()
        async for piece in content:
            digest.update(piece)
            size += len(piece)
            if not buffer and len(piece) == CHUNK_BYTES:
                await store(piece)  # as it is: files come so
                continue
            buffer += piece
            while len(buffer) >= CHUNK_BYTES:
                await store(bytes(buffer[:CHUNK_BYTES]))
                del buffer[:CHUNK_BYTES]
        if buffer:
            await store(bytes(buffer))
        meta = {
            "name": name,
            "bucket": bucket,
            "nuid": nuid,
            "size": size,
            "chunks": count,
            "mtime": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "digest": f"SHA-256={base64.urlsafe_b64encode(digest.digest()).decode()}",
            "deleted": False,
            "headers": internal_headers(attached),
            "options": {"max_chunk_size": CHUNK_BYTES},
        }
        token = base64.urlsafe_b64encode(name.encode()).decode()
        named = headers is _FIRST
        with in_our_words(f"storing an object in {bucket}"):
            await broker.jetstream.publish(
                f"$O.{bucket}.M.{token}",
                json.dumps(meta).encode(),
                timeout=10,
                headers=dict(headers),
            )
    except BaseException as wrong:
        if named and not isinstance(wrong, APIError):
            # It may be stored, its PubAck lost: who comes next would find a name without chunks.
            raise
        # Best effort, also while being cancelled: the bucket's ttl removes what stays.
        with contextlib.suppress(OcrError, APIError, TimeoutError):
            async with asyncio.timeout(2):
                await purge(
                    broker, f"OBJ_{bucket}", subject=chunk_subject, doing="removing half an object"
                )
        raise
    return Uploaded(size=size, sha256=digest.hexdigest())
