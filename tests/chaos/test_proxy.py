"""Each way in which a link fails, between a real server and a real client."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from tests.chaos.proxy import Link
from tests.waiting import wait_until


class Echo:
    """A TCP server that answers what it hears."""

    def __init__(self) -> None:
        self.open = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            while data := await reader.read(1000):
                writer.write(data)
        except OSError:
            pass
        finally:
            self.open -= 1
            writer.transport.abort()


@pytest.fixture
async def echo() -> AsyncIterator[tuple[Echo, int]]:
    server_side = Echo()
    server = await asyncio.start_server(server_side.serve, "127.0.0.1", 0)
    async with server:
        yield server_side, server.sockets[0].getsockname()[1]
        await wait_until(lambda: server_side.open == 0, "every connection to be closed")


@pytest.fixture
async def link(echo: tuple[Echo, int]) -> AsyncIterator[Link]:
    async with Link(target_port=echo[1]) as one:
        yield one


class Caller:
    """A client of the echo server, through the link."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def ask(self, text: bytes, *, timeout_s: float = 5.0) -> bytes:
        self.writer.write(text)
        async with asyncio.timeout(timeout_s):
            return await self.reader.read(1000)


@pytest.fixture
async def caller(link: Link) -> AsyncIterator[Caller]:
    reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
    yield Caller(reader, writer)
    writer.transport.abort()


async def ends(reader: asyncio.StreamReader) -> None:
    """Returns when the connection has ended, by a goodbye or by a reset."""
    with contextlib.suppress(ConnectionError):  # not a TimeoutError, which is an OSError too
        async with asyncio.timeout(5):
            assert await reader.read() == b""


async def test_a_sound_link_carries_both_ways(caller: Caller) -> None:
    assert await caller.ask(b"hello") == b"hello"


async def test_a_cut_link_ends_connections_and_takes_no_new_ones_until_it_is_healed(
    link: Link, caller: Caller
) -> None:
    assert await caller.ask(b"hello") == b"hello"
    link.fail("cut")
    await ends(caller.reader)
    reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
    await ends(reader)
    writer.transport.abort()
    link.heal()
    reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
    assert await Caller(reader, writer).ask(b"again") == b"again"
    writer.transport.abort()


async def test_a_dropping_link_swallows_bytes_and_ends_the_connection_when_it_is_healed(
    link: Link, caller: Caller
) -> None:
    assert await caller.ask(b"hello") == b"hello"
    link.fail("drop")
    with pytest.raises(TimeoutError):
        await caller.ask(b"lost", timeout_s=0.2)
    link.heal()
    await ends(caller.reader)


async def test_a_delaying_link_loses_nothing(link: Link, caller: Caller) -> None:
    link.fail("delay", delay_s=0.1)
    clock = asyncio.get_running_loop().time
    started = clock()
    assert await caller.ask(b"late") == b"late"
    assert clock() - started >= 0.2  # there and back
    link.heal()
    assert await caller.ask(b"on time") == b"on time"


async def test_a_goodbye_to_the_service_is_not_heard_by_the_broker(
    link: Link, caller: Caller, echo: tuple[Echo, int]
) -> None:
    assert await caller.ask(b"hello") == b"hello"
    link.fail("half_close", toward_broker=False)
    assert await caller.reader.read() == b""
    caller.writer.transport.abort()
    reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
    assert await Caller(reader, writer).ask(b"a new one") == b"a new one"
    assert echo[0].open == 2
    link.heal()
    await wait_until(lambda: echo[0].open == 1, "the broker to hear of it")
    writer.transport.abort()


async def test_a_goodbye_to_the_broker_is_not_heard_by_the_service(
    link: Link, caller: Caller, echo: tuple[Echo, int]
) -> None:
    assert await caller.ask(b"hello") == b"hello"
    link.fail("half_close", toward_broker=True)
    await wait_until(lambda: echo[0].open == 0, "the broker to hang up")
    with pytest.raises(TimeoutError):
        await caller.ask(b"anybody?", timeout_s=0.2)
    link.heal()
    await ends(caller.reader)
