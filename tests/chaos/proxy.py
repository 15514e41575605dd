"""A TCP link on 127.0.0.1 that can be made to fail; it stands between a service and the broker."""

import asyncio
import contextlib
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Final, Literal, Self

Mode = Literal["pass", "cut", "drop", "delay", "half_close"]
_PIECE_BYTES: Final = 64 * 1024
_TROUBLE: Final = (OSError, RuntimeError)  # of streams whose other end is gone


class Link:
    """Carries connections to `port` of the broker, by a port of its own.

    - cut: connections end, new ones are refused
    - drop: bytes vanish, in both directions, and nobody is told
    - delay: every piece waits
    - half_close: one side hears a goodbye that the other side never said
    """

    def __init__(self, *, target_port: int) -> None:
        self._target_port = target_port
        self._mode: Mode = "pass"
        self._delay_s = 0.0
        self._server: asyncio.Server | None = None
        self._connections: set[_Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def fail(self, mode: Mode, *, delay_s: float = 0.0, toward_broker: bool = False) -> None:
        """Begins a failure; `delay_s` is for delay, `toward_broker` for half_close."""
        self._mode, self._delay_s = mode, delay_s
        for connection in tuple(self._connections):
            if mode == "cut":
                connection.abort()
            elif mode == "drop":
                connection.broken = True
            elif mode == "half_close":
                connection.half_close(toward_broker=toward_broker)

    def heal(self) -> None:
        """Ends the failure: what lost bytes by it ends too, as it would by TCP itself."""
        self._mode = "pass"
        for connection in tuple(self._connections):
            if connection.broken:
                connection.abort()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._carry(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # Also where the task was cancelled before its first step.
        task.add_done_callback(lambda _: writer.transport.abort())

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = _Connection(reader, writer)
        self._connections.add(connection)
        # Ends quietly when cancelled: asyncio's server would log it as an error.
        with contextlib.suppress(asyncio.CancelledError, *_TROUBLE):
            try:
                if self._mode == "drop":
                    connection.broken = True
                if self._mode != "cut":
                    await connection.carry(self)
            finally:
                connection.abort()
                self._connections.discard(connection)

    def connect(
        self,
    ) -> Coroutine[Any, Any, tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """Opens a connection to the broker."""
        return asyncio.open_connection("127.0.0.1", self._target_port)

    @property
    def dropping(self) -> bool:
        return self._mode == "drop"

    @property
    def delay_s(self) -> float:
        """How long a piece waits at the moment."""
        return self._delay_s if self._mode == "delay" else 0.0


class _Connection:
    """A service's connection, and the one to the broker that belongs to it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._service = (reader, writer)
        self._broker: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._deaf: asyncio.StreamWriter | None = None  # was told goodbye
        self._aborted = asyncio.Event()
        self.broken = False  # bytes were lost, or one side was told goodbye

    async def carry(self, link: Link) -> None:
        """Carries bytes until both directions have ended."""
        if not self.broken:
            self._broker = await link.connect()
            broker_reader, broker_writer = self._broker
            reader, writer = self._service
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(link, reader, broker_writer))
                group.create_task(self._pump(link, broker_reader, writer))
        else:  # into a black hole, until healed
            while await self._service[0].read(_PIECE_BYTES):
                pass
        if self.broken:
            # The side that is still open must not hear of it before the link is healed.
            await self._aborted.wait()

    async def _pump(
        self, link: Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(*_TROUBLE):
            while piece := await reader.read(_PIECE_BYTES):
                if link.delay_s:
                    await asyncio.sleep(link.delay_s)
                if link.dropping or writer is self._deaf:
                    continue
                writer.write(piece)
                await writer.drain()
        if not self.broken:
            # Neither the broker nor its clients close one direction only.
            self.abort()

    def half_close(self, *, toward_broker: bool) -> None:
        """Says goodbye to one side, in the name of the other."""
        if self._broker is None:
            return
        self.broken = True
        self._deaf = (self._broker if toward_broker else self._service)[1]
        with contextlib.suppress(*_TROUBLE):
            self._deaf.write_eof()

    def abort(self) -> None:
        """Ends both sides at once."""
        self._aborted.set()
        for end in (self._service, self._broker):
            if end is not None:
                end[1].transport.abort()
