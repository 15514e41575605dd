"""Which processes live, by /proc."""

import asyncio
import contextlib
import os
from pathlib import Path


def _fields(pid: int) -> list[str] | None:
    """State, parent and so on of a process; None if it is gone."""
    try:
        # The name, in brackets, may itself hold blanks and brackets.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that ended and waits to be collected does not."""
    fields = _fields(pid)
    return fields is not None and fields[0] not in {"Z", "X"}


def children_of(parent: int) -> set[int]:
    """Pids of the direct children, ended but uncollected ones included."""
    pids = (int(entry) for entry in os.listdir("/proc") if entry.isdecimal())  # noqa: PTH208
    return {pid for pid in pids if (found := _fields(pid)) is not None and int(found[1]) == parent}


def files_held_by(pid: int, name: str) -> list[str]:
    """Files with this in their path that a process has open, or in its memory; none once it is
    gone."""
    held: list[str] = []
    for each in Path(f"/proc/{pid}/fd").glob("*"):
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            held.append(str(each.readlink()))
    with contextlib.suppress(OSError):
        held += Path(f"/proc/{pid}/maps").read_text().splitlines()
    return [each for each in held if name in each]


async def returncode_of(*command: str) -> int:
    """Runs a command to its end; the exit code, minus the signal if one ended it."""
    process = await asyncio.create_subprocess_exec(*command)
    return await process.wait()
