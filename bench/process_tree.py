"""What trees of processes take: core-seconds, and memory at its peak."""

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

# Rarely enough to cost the measured ones little: a look takes 2 ms where 100 processes run.
_LOOK_S: Final = 0.1
_MB: Final = 2**20


@dataclass(frozen=True, kw_only=True)
class Tree:
    """A process and all that it started. `with_root`: whether the process itself counts; not where
    it merely starts others as a shell would."""

    pid: int
    with_root: bool = True

    def processes(self) -> Iterator[psutil.Process]:
        """Those that live now and count."""
        with contextlib.suppress(psutil.Error):
            root = psutil.Process(self.pid)
            if self.with_root:
                yield root
            yield from root.children(recursive=True)

    def cpu_s(self) -> float:
        """User and system time of all that live, and of all that ended and were waited for, s.

        Counted by the kernel in steps of 10 ms."""
        total = 0.0
        with contextlib.suppress(psutil.Error):
            root = psutil.Process(self.pid).cpu_times()
            total += root.children_user + root.children_system
            if self.with_root:
                total += root.user + root.system
        for process in self.processes():
            if process.pid == self.pid:
                continue
            with contextlib.suppress(psutil.Error):  # it has just ended: its parent has its time
                times = process.cpu_times()
                total += times.user + times.system + times.children_user + times.children_system
        return total


@dataclass(frozen=True, kw_only=True)
class Peak:
    """The most memory that some trees had, MB of 2^20 bytes.

    `tree_mb`: the kernel's own peaks (VmHWM) of the processes that lived at one time, added up:
    exact for one process, an upper bound for several. `seen_mb`: the most that they had resident
    at one look, every 0.1 s: a lower bound. `process_mb`: the peak of the largest process.
    """

    tree_mb: float = 0.0
    seen_mb: float = 0.0
    process_mb: float = 0.0


class MemoryWatch:
    """Looks at trees of processes from time to time. Call `look` once more before they end."""

    def __init__(self, trees: Sequence[Tree]) -> None:
        self._trees = trees
        self.peak = Peak()

    def look(self) -> None:
        pids = {process.pid for tree in self._trees for process in tree.processes()}
        memory = [each for each in map(_memory_mb, pids) if each is not None]
        peaks = [peak for peak, _ in memory]
        was = self.peak
        self.peak = Peak(
            tree_mb=max(was.tree_mb, sum(peaks)),
            seen_mb=max(was.seen_mb, sum(now for _, now in memory)),
            process_mb=max(was.process_mb, *peaks) if peaks else was.process_mb,
        )

    async def watch(self) -> None:
        """Until it is cancelled."""
        while True:
            self.look()
            await asyncio.sleep(_LOOK_S)


def _memory_mb(pid: int) -> tuple[float, float] | None:
    """The most that a process had resident, and what it has now; None if it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    try:
        peak, now = (int(fields[name].split()[0]) * 1024 / _MB for name in ("VmHWM", "VmRSS"))
    except KeyError:  # it has ended, and nobody has waited for it yet
        return None
    return peak, now
