"""What the engines of one process are doing: noted by those who do it, told by heartbeats."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from contracts.errors import OcrError
from contracts.fleet import CurrentPage, NodeStatus
from ocr_node.pace import PageCost, PageRate, Usage, cpu_percent


class Activity:
    """Counts pages, and knows which are being read. `clock`: s, goes forward only."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._first_ready: float | None = None
        self._stopping = False
        self._current: dict[int, CurrentPage] = {}
        self._rate = PageRate()
        self._cost = PageCost()
        self.changed = asyncio.Event()  # set by whatever a heartbeat should tell soon
        self.ready_engines = 0
        self.total_requests = 0
        self.pages = 0
        self.errors = 0
        self.usage = Usage(at=self._began, cpu_s=0.0, memory_mb=0.0, memory_percent=0.0)
        self.cpu_percent = 0.0
        self._measured_engines: int | None = None  # None: not measured yet

    @property
    def status(self) -> NodeStatus:
        """`starting` until one engine is ready."""
        if self._stopping:
            return "stopping"
        return "healthy" if self.ready_engines else "starting"

    @property
    def uptime_seconds(self) -> float:
        return round(self._clock() - self._began, 1)

    @property
    def current_pages(self) -> tuple[CurrentPage, ...]:
        """The longest in work first."""
        return tuple(self._current.values())

    @property
    def pages_per_second(self) -> float:
        """Over the last minute."""
        if self._first_ready is None:
            return 0.0
        return self._rate.per_second(self._clock(), since=self._first_ready)

    @property
    def core_seconds_per_page(self) -> float:
        """Since all engines were ready; 0 before the first page."""
        return self._cost.core_seconds_per_page

    def engine_is_ready(self) -> None:
        """One more engine has loaded its models."""
        self.ready_engines += 1
        if self._first_ready is None:
            self._first_ready = self._clock()
        self.changed.set()

    def is_stopping(self) -> None:
        """The process was told to stop."""
        self._stopping = True
        self.changed.set()

    @contextmanager
    def page(self, *, job_id: str, page_number: int) -> Iterator[None]:
        """Around one engine run: a page read, unless an OcrError leaves it, which counts as an
        error. A run that was called off is neither."""
        self.total_requests += 1
        number = self.total_requests
        self._current[number] = CurrentPage(
            job_id=job_id, page_number=page_number, since=datetime.now(UTC)
        )
        self.changed.set()
        try:
            yield
        except OcrError:
            self.errors += 1
            raise
        else:
            self.pages += 1
            self._rate.note(self._clock())
        finally:
            del self._current[number]
            self.changed.set()

    def measurement_is_due(self, every_s: float) -> bool:
        """Whether the last one is so old, or was made before an engine was ready."""
        # A tenth early: heartbeats come a moment before or after their time.
        too_old = self._clock() - self.usage.at >= 0.9 * every_s
        return too_old or self._measured_engines != self.ready_engines

    def measured(self, usage: Usage) -> None:
        """Notes what the process tree takes."""
        before = self.usage if self._measured_engines is not None else None
        self.cpu_percent = cpu_percent(before, usage)
        self._cost.measured(usage, pages=self.pages, ready_engines=self.ready_engines)
        self._measured_engines = self.ready_engines
        self.usage = usage
