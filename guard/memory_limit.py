"""The parent's eye on the memory of its child, before the system's own has to be."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from guard.child_memory import ChildMemory

# How often a child's memory is looked at: the nearer its limit, the oftener. It grows by 2 GB/s at
# most (what one thread can touch), so that a limit must leave 100 MB of room, and a look that comes
# early enough for the whole way to it is early enough.
_SOONEST_LOOK_S: Final = 0.05
_LATEST_LOOK_S: Final = 0.5
_GROWS_BYTES_A_SECOND: Final = 2e9


class MemoryLimit:
    """Of one child at a time, which leads a process group: while it is at work, and over
    `limit_bytes` resident, it is killed."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.exceeded = False
        self._memory = ChildMemory()
        self._peak_of_earlier_bytes = 0
        self._working = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None

    def begin(self, pid: int) -> None:
        """Watches this child; `end` is called before the next one."""
        self.end()
        self.exceeded = False
        self._memory.watch(pid)
        self._watch = asyncio.create_task(self._look(pid))

    def end(self) -> None:
        """Safe to call again."""
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.cancel()
        self._memory.close()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """One task stays with a child for all of its calls: a new one for each costs more than
        the looks."""
        self._working.set()
        try:
            yield
        finally:
            self._working.clear()

    def resident_bytes(self) -> int:
        """Now; 0 when there is no child, or no /proc."""
        return self._memory.resident_bytes() or 0

    @property
    def peak_bytes(self) -> int:
        """The most resident memory that any child so far has had, as far as is known: of one that
        ended by itself, nothing is."""
        return max(self._peak_of_earlier_bytes, self._memory.peak_bytes() or 0)

    def note_peak(self) -> None:
        """Of a child that is about to be ended."""
        self._peak_of_earlier_bytes = self.peak_bytes

    async def _look(self, pid: int) -> None:
        while True:
            await self._working.wait()
            resident = self._memory.resident_bytes()
            if resident is None:
                return  # gone, or not Linux: the system's own limits are what is left
            if resident > self.limit_bytes:
                self.note_peak()
                self.exceeded = True
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
                return
            way_s = (self.limit_bytes - resident) / _GROWS_BYTES_A_SECOND
            await asyncio.sleep(min(max(way_s, _SOONEST_LOOK_S), _LATEST_LOOK_S))
