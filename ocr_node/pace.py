"""A node's figures from readings of clocks and counters. Nothing here measures."""

from collections import deque
from dataclasses import dataclass
from typing import Final

_WINDOW_S: Final = 60
# A rate over less than that would be an accident.
_LEAST_WINDOW_S: Final = 5.0


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What a process tree takes. `at`: s, on a clock that only goes forward; `cpu_s`: s of all its
    processes, those that have ended included."""

    at: float
    cpu_s: float
    memory_mb: float  # resident, 1 MB = 1024 * 1024 bytes
    memory_percent: float  # of the machine's memory


def cpu_percent(before: Usage | None, now: Usage) -> float:
    """Percent of one core between two measurements; 0 for the first one."""
    if before is None or now.at <= before.at:
        return 0.0
    # A child between its end and its collection is missing for a moment.
    return max(0.0, round(100.0 * (now.cpu_s - before.cpu_s) / (now.at - before.at), 1))


class PageRate:
    """Pages a second over the last minute, counted in seconds: bounded, however fast they are."""

    def __init__(self) -> None:
        self._seconds: deque[tuple[int, int]] = deque()  # (which second, pages in it)

    def note(self, at: float) -> None:
        """A page was read at `at`, s."""
        second, pages = int(at), 0
        if self._seconds and self._seconds[-1][0] == second:
            _, pages = self._seconds.pop()
        self._seconds.append((second, pages + 1))
        self._forget(at)

    def per_second(self, at: float, *, since: float) -> float:
        """The rate at `at`; `since` is when the first page could have been read."""
        self._forget(at)
        window_s = min(float(_WINDOW_S), max(at - since, _LEAST_WINDOW_S))
        return round(sum(pages for _, pages in self._seconds) / window_s, 3)

    def _forget(self, at: float) -> None:
        while self._seconds and self._seconds[0][0] <= at - _WINDOW_S:
            self._seconds.popleft()


class PageCost:
    """Core seconds a page, from when the last engine was ready: loading models is no page's."""

    def __init__(self) -> None:
        self._ready_engines = 0
        self._from: tuple[float, int] = (0.0, 0)  # (cpu s, pages)
        self.core_seconds_per_page = 0.0

    def measured(self, usage: Usage, *, pages: int, ready_engines: int) -> None:
        """`pages`: read up to this measurement."""
        if ready_engines > self._ready_engines:
            self._ready_engines = ready_engines
            self._from = (usage.cpu_s, pages)
        cpu_s, first = self._from
        if pages > first:
            self.core_seconds_per_page = max(0.0, round((usage.cpu_s - cpu_s) / (pages - first), 3))
