"""Trees of processes that take turns on a machine, half a second each: what a noisy machine does to
one of them, it does to the others."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import psutil

from bench.process_tree import Tree

_TURN_S: Final = 0.5


class Side:
    """Work, and the processes that do it. `begin`: starts it; `trees`: who is halted between
    turns."""

    def __init__(
        self, begin: Callable[["Side"], Awaitable[None]], trees: Callable[[], Iterable[Tree]]
    ) -> None:
        self._begin = begin
        self._trees = trees
        self._work: asyncio.Future[None] | None = None
        self._halted: dict[int, psutil.Process] = {}
        self._before_s = 0.0
        self._since: float | None = None

    def clock(self) -> float:
        """The time of all its turns so far, s."""
        since = self._since
        return self._before_s + (0.0 if since is None else time.perf_counter() - since)

    async def turn(self, *, alone: bool) -> bool:
        """Works for a turn, or to its end if it is `alone`; whether it has ended.

        Raises: what its work raised.
        """
        self._since = time.perf_counter()
        self.resume()
        if self._work is None:
            self._work = asyncio.ensure_future(self._begin(self))
        await asyncio.wait({self._work}, timeout=None if alone else _TURN_S)
        if not self._work.done():
            self._halt()
        self._before_s, self._since = self.clock(), None
        if self._work.done():
            self._work.result()
        return self._work.done()

    def _halt(self) -> None:
        """Those that were there the last time first: they do the work."""
        _suspend(self._halted.values())
        while others := self._others():
            _suspend(others)

    def _others(self) -> list[psutil.Process]:
        """Those that were born since."""
        now = {each.pid: each for tree in self._trees() for each in tree.processes()}
        new = [each for pid, each in now.items() if pid not in self._halted]
        self._halted.update((each.pid, each) for each in new)
        return new

    def resume(self) -> None:
        """Lets go on what was halted."""
        for each in self._halted.values():
            with contextlib.suppress(psutil.Error):
                each.resume()

    async def end(self) -> None:
        """Nothing of it is halted, or under way, any more."""
        self.resume()
        if self._work is not None:
            self._work.cancel()
            await asyncio.wait({self._work})


def _suspend(processes: Iterable[psutil.Process]) -> None:
    for each in processes:
        with contextlib.suppress(psutil.Error):  # it has ended
            each.suspend()


async def in_turns(*sides: Side) -> None:
    """Until all have ended. Raises: what the work of one of them raised."""
    left = list(sides)
    try:
        while left:
            left = [each for each in left if not await each.turn(alone=len(left) == 1)]
    finally:
        for each in sides:
            await each.end()
