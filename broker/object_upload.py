"""Writing an object of unknown length, chunk by chunk as it comes."""

import asyncio
import base64
import contextlib
import hashlib
import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from broker.connection import Broker
from broker.failures import in_our_words
from broker.object_meta import INTERNAL_MARK
from contracts.errors import OcrError

# Each chunk is a write to the broker's disk: larger ones than the usual 128 KiB make fewer of them.
CHUNK_BYTES: Final = 512 * 1024


@dataclass(frozen=True, kw_only=True)
class Uploaded:
    """What was stored. `sha256` in hex."""

    size: int
    sha256: str


async def upload(
    broker: Broker, *, bucket: str, name: str, content: AsyncIterator[bytes]
) -> Uploaded:
    """Stores an object under a name that has none yet; half an object is removed again.

    Holds one chunk in memory. Raises: StoreFull, BrokerUnavailable, and what `content` raises.
    """
    nuid = secrets.token_hex(11)
    chunk_subject = f"$O.{bucket}.C.{nuid}"
    digest = hashlib.sha256()
    size = count = 0

    async def store(chunk: bytes) -> None:
        nonlocal count
        with in_our_words(f"storing an object in {bucket}"):
            await broker.unless_cut(broker.jetstream.publish(chunk_subject, chunk, timeout=10))
        count += 1

    try:
        buffer = bytearray()
        async for piece in content:
            digest.update(piece)
            size += len(piece)
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
            "headers": dict(INTERNAL_MARK),
            "options": {"max_chunk_size": CHUNK_BYTES},
        }
        token = base64.urlsafe_b64encode(name.encode()).decode()
        with in_our_words(f"storing an object in {bucket}"):
            await broker.unless_cut(
                broker.jetstream.publish(
                    f"$O.{bucket}.M.{token}",
                    json.dumps(meta).encode(),
                    timeout=10,
                    headers={"Nats-Rollup": "sub"},
                )
            )
    except BaseException:
        # Best effort, also while being cancelled: the bucket's ttl removes what stays.
        with contextlib.suppress(OcrError, TimeoutError), in_our_words("removing half an object"):
            async with asyncio.timeout(2):
                await broker.jetstream.purge_stream(f"OBJ_{bucket}", subject=chunk_subject)
        raise
    return Uploaded(size=size, sha256=digest.hexdigest())
