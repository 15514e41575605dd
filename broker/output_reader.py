"""Outputs of ended jobs on their way to users."""

import base64
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

from nats.js.errors import NotFoundError, ObjectNotFoundError

from broker.connection import Broker
from broker.failures import in_our_words
from broker.object_reading import ObjectMissing
from broker.objects import ObjectBucket
from contracts import topology


@dataclass(frozen=True, kw_only=True)
class OutputFacts:
    """An output: its size in bytes, and the SHA-256 of its bytes in hex."""

    name: str
    size: int
    sha256: str


class OutputReader:
    """Looks outputs up in bucket OUTPUTS, and reads them chunk by chunk."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._bucket = ObjectBucket(broker, name=topology.OUTPUTS)

    async def facts(self, name: str) -> OutputFacts:
        """Raises: ObjectMissing once it has expired; BrokerUnavailable."""
        with in_our_words("looking up an output"):
            store = await self._broker.jetstream.object_store(topology.OUTPUTS)
            try:
                info = await store.get_info(name)
            except (NotFoundError, ObjectNotFoundError):
                raise ObjectMissing(
                    "the outputs of this job have expired; submit the document again"
                ) from None
        digest = base64.urlsafe_b64decode((info.digest or "").removeprefix("SHA-256="))
        return OutputFacts(name=name, size=info.size or 0, sha256=digest.hex())

    async def read(
        self, output: OutputFacts, *, first: int = 0, end: int | None = None
    ) -> AsyncGenerator[bytes]:
        """The bytes from `first` up to and without `end`. Close it, as ObjectReader.read. Raises:
        ObjectMissing, BrokerUnavailable."""
        at = 0
        end = output.size if end is None else end
        async with aclosing(self._bucket.read(output.name)) as chunks:
            async for chunk in chunks:
                piece = chunk[max(first - at, 0) : max(end - at, 0)]
                at += len(chunk)
                if piece:
                    yield piece
                if at >= end < output.size:
                    return

    def chunks(
        self, output: OutputFacts, *, begin: int = 1, before: int = 0
    ) -> AsyncIterator[tuple[int, bytes]]:
        """As ObjectBucket.chunks: for parts of an output of which it was noted where they lie."""
        return self._bucket.chunks(output.name, begin=begin, before=before)
