"""A NATS client of a hundred lines over a plain socket: what others speak to our doors.

It knows nothing of nats-py, and sends whatever bytes it is told to.
"""

import asyncio
import base64
import contextlib
import hashlib
import itertools
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import urlparse

_CRLF: Final = b"\r\n"


@dataclass(frozen=True, kw_only=True)
class RawMessage:
    """As it came: `headers` is the whole block, its first line included."""

    subject: str
    reply: str
    headers: bytes
    data: bytes

    def json(self) -> Any:
        return json.loads(self.data)

    def header(self, name: str) -> str | None:
        """A header's first value, by its exact name."""
        for line in self.headers.split(_CRLF)[1:]:
            key, _, value = line.partition(b":")
            if key.decode("utf-8", "replace") == name:
                return value.strip().decode()
        return None

    @property
    def error(self) -> str | None:
        """What a micro service says it could not do."""
        return self.header("Nats-Service-Error")


class RawNats:
    """One connection. `errors`: the -ERR lines of the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._sids = itertools.count(1)
        self._queues: dict[str, asyncio.Queue[RawMessage]] = {}
        self._pongs: asyncio.Queue[None] = asyncio.Queue()
        self.info: dict[str, Any] = {}
        self.errors: list[str] = []
        self.closed = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def connect(cls, url: str) -> AsyncIterator[Self]:
        address = urlparse(url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        client = cls(reader, writer)
        client.info = json.loads((await reader.readline()).removeprefix(b"INFO "))
        await client.write(b'CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\n')
        listener = asyncio.create_task(client._listen())
        try:
            yield client
        finally:
            listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listener
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def write(self, line: bytes) -> None:
        self._writer.write(line)
        with contextlib.suppress(ConnectionError):
            await self._writer.drain()

    async def ping(self) -> None:
        """Returns once the server has taken all that was sent before."""
        await self.write(b"PING\r\n")
        await asyncio.wait_for(self._pongs.get(), 10)

    async def publish(
        self,
        subject: str | bytes,
        data: bytes = b"",
        *,
        headers: Mapping[str, str] | bytes | None = None,
        reply: str = "",
    ) -> None:
        """`headers` as bytes: the block as it is, first line and all."""
        name = subject.encode() if isinstance(subject, str) else subject
        answer_to = f"{reply} ".encode() if reply else b""
        if headers is None:
            await self.write(b"PUB %b %b%d\r\n%b\r\n" % (name, answer_to, len(data), data))
            return
        block = headers if isinstance(headers, bytes) else header_block(headers)
        sizes = b"%d %d" % (len(block), len(block) + len(data))
        await self.write(b"HPUB %b %b%b\r\n%b%b\r\n" % (name, answer_to, sizes, block, data))

    async def subscribe(self, subject: str) -> asyncio.Queue[RawMessage]:
        sid = str(next(self._sids))
        self._queues[sid] = asyncio.Queue()
        await self.write(f"SUB {subject} {sid}\r\n".encode())
        return self._queues[sid]

    async def requests(self, subject: str | bytes, data: bytes = b"", **given: Any) -> "RawAnswers":
        """Sends a request; its answers come in a queue."""
        inbox = f"_INBOX.raw{next(self._sids)}x{id(self)}"
        queue = await self.subscribe(inbox)
        await self.publish(subject, data, reply=inbox, **given)
        return queue

    async def request(self, subject: str | bytes, data: bytes = b"", **given: Any) -> RawMessage:
        """The first answer to a request."""
        return await asyncio.wait_for((await self.requests(subject, data, **given)).get(), 15)

    async def put_object(
        self, bucket: str, name: str, content: bytes, *, nuid: str, **meta: Any
    ) -> None:
        """Stores an object by the protocol of object buckets. `meta`: more fields of its entry."""
        chunks = [content[at : at + 65536] for at in range(0, len(content), 65536)]
        for chunk in chunks:
            stored = await self.request(f"$O.{bucket}.C.{nuid}", chunk)
            assert "seq" in stored.json(), stored
        entry = object_entry(bucket, name, chunks, nuid=nuid) | meta
        stored = await self.request(
            f"$O.{bucket}.M.{object_token(name)}",
            json.dumps(entry).encode(),
            headers={"Nats-Rollup": "sub"},
        )
        assert "seq" in stored.json(), stored

    async def _listen(self) -> None:
        try:
            while line := await self._reader.readline():
                words = line.split()
                match words[0].upper():
                    case b"MSG":
                        await self._take(words[1:], headers=False)
                    case b"HMSG":
                        await self._take(words[1:], headers=True)
                    case b"PING":
                        await self.write(b"PONG\r\n")
                    case b"PONG":
                        self._pongs.put_nowait(None)
                    case b"-ERR":
                        self.errors.append(line[4:].strip().decode())
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        self.closed.set()

    async def _take(self, words: Sequence[bytes], *, headers: bool) -> None:
        sizes = [int(each) for each in words[-2:]] if headers else [0, int(words[-1])]
        names = words[: -2 if headers else -1]
        content = await self._reader.readexactly(sizes[1] + 2)
        message = RawMessage(
            subject=names[0].decode("utf-8", "replace"),
            reply=names[2].decode() if len(names) > 2 else "",
            headers=content[: sizes[0]],
            data=content[sizes[0] : -2],
        )
        self._queues[names[1].decode()].put_nowait(message)


RawAnswers = asyncio.Queue[RawMessage]


def object_entry(bucket: str, name: str, chunks: Sequence[bytes], *, nuid: str) -> dict[str, Any]:
    """What makes an object of chunks that are stored under `nuid`."""
    content = b"".join(chunks)
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode()
    return {
        "name": name,
        "bucket": bucket,
        "nuid": nuid,
        "size": len(content),
        "chunks": len(chunks),
        "digest": f"SHA-256={digest}",
    }


def object_token(name: str) -> str:
    """The last part of the subject of an object's entry."""
    return base64.urlsafe_b64encode(name.encode()).decode()


def header_block(headers: Mapping[str, str]) -> bytes:
    lines = [f"{name}: {value}".encode() for name, value in headers.items()]
    return _CRLF.join([b"NATS/1.0", *lines, b"", b""])
