"""The pipes to a child, and from it."""

import asyncio
import contextlib
import fcntl
from asyncio.subprocess import Process
from typing import Final

# What Linux grants without privileges.
_PIPE_BYTES: Final = 1024 * 1024


def widen_pipes(process: Process) -> None:
    """An image in one go, instead of in eight with a change of process after each."""
    for number in (0, 1):
        transport = process._transport.get_pipe_transport(number)  # type: ignore[attr-defined]
        # Not Linux, or this user has many pipes: then it takes longer.
        with contextlib.suppress(AttributeError, OSError):
            fcntl.fcntl(transport.get_extra_info("pipe"), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


async def line_of(stream: asyncio.StreamReader) -> bytes:
    """The next line that a child says; empty at the end."""
    try:
        return await stream.readline()
    except ValueError:  # a line over the limit; what was read of it is dropped
        return b"(a very long line)"
