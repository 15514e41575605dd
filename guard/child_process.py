"""A process that was spawned, on an event loop: asyncio's own must be born on one."""

import asyncio
import contextlib
import os
import subprocess
from typing import Final, Self

from guard.spawning import Spawned, kill

_MOST_AT_ONCE_BYTES: Final = 2**20
# How often to look whether it has ended, on a system that does not tell.
_LOOK_S: Final = 0.02


class ChildProcess:
    """`requests`, `answers`, `complaints`: its standard streams. Its number is nobody else's until
    its end has been looked at, by `returncode` or `wait`."""

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        calls: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        complaints: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        self._process = process
        self.answers, self.requests = calls
        self.complaints, _ = complaints
        self._writers = (calls[1], complaints[1])

    @classmethod
    async def of(cls, spawned: Spawned) -> Self:
        """Takes over the process and its streams, not the memory that it shares."""
        made: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        try:
            for each in (spawned.calls, spawned.complaints):
                pair = await asyncio.open_unix_connection(sock=each, limit=_MOST_AT_ONCE_BYTES)
                made.append(pair)
        except BaseException:
            for _, writer in made:
                writer.close()
            spawned.end()
            raise
        return cls(spawned.process, *made)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """As of subprocess.Popen: None while it runs."""
        return self._process.poll()

    def kill(self) -> None:
        """With whatever it started."""
        kill(self._process)

    async def wait(self) -> int:
        """Until it has ended, whatever of its words nobody has read: its exit code."""
        while (code := self._process.poll()) is None:
            await _ended(self._process.pid)
        return code

    async def close(self) -> None:
        """Leaves no transport for the garbage collector to complain about."""
        for each in self._writers:
            each.close()
        for each in self._writers:
            with contextlib.suppress(OSError):
                await each.wait_closed()


async def _ended(pid: int) -> None:
    """Once the process has, or after a moment where the system does not tell."""
    try:
        file = os.pidfd_open(pid)
    except (AttributeError, OSError):
        await asyncio.sleep(_LOOK_S)
        return
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    try:
        loop.add_reader(file, told.set)
        await told.wait()
    finally:
        loop.remove_reader(file)
        os.close(file)
