"""An event loop in a thread of its own, for programs that have none, or one that is not ours."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Coroutine, Generator
from typing import Any, Final

from contracts.errors import OcrError

_END: Final = object()


class LoopThread:
    """Runs coroutines for other threads until it is closed. The process may end without that."""

    def __init__(self) -> None:
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event
        self.closed = False
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._main()), name="docr client", daemon=True
        )
        self._thread.start()
        self._started.wait()

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._started.set()
        await self._stop.wait()

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        """What `work` returns or raises. A Ctrl-C meanwhile cancels it."""
        if self.closed:
            work.close()
            raise OcrError("this client is closed; make another one")
        call = _Call(work)
        try:
            return asyncio.run_coroutine_threadsafe(call.run(), self._loop).result()
        finally:
            if not call.is_over:
                self._loop.call_soon_threadsafe(call.give_up)

    def iterate[T](self, source: AsyncGenerator[T]) -> Generator[T]:
        """The items of `source`, which ends with the iteration."""
        # What a Ctrl-C cancels must be over before the source is closed.
        one_at_a_time = asyncio.Lock()

        async def step() -> object:
            async with one_at_a_time:
                return await anext(source, _END)

        async def close() -> None:
            async with one_at_a_time:
                await source.aclose()

        try:
            while (item := self.run(step())) is not _END:
                yield item  # type: ignore[misc] # an item of the source
        finally:
            if not self.closed:
                self.run(close())

    def close(self) -> None:
        """Ends the thread, and what still runs in it."""
        if not self.closed:
            self.closed = True
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()


class _Call[T]:
    """Work of another thread, which a Ctrl-C may interrupt at any moment: also while it is handed
    over, when there is no future yet to cancel it by."""

    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        self._work = work
        self._task: asyncio.Task[Any] | None = None
        self._given_up = False
        self.is_over = False

    async def run(self) -> T:
        self._task = asyncio.current_task()
        if self._given_up:
            self._work.close()
            raise asyncio.CancelledError
        try:
            return await self._work
        finally:
            self.is_over = True

    def give_up(self) -> None:
        """In the loop's thread."""
        self._given_up = True
        if self._task is not None:
            self._task.cancel()
