"""A node whose engine reads nothing: it waits for as long as a page takes, and tells a page of
print. All else is what `docr node` does: pulling, leases, results, settling, heartbeats."""

import asyncio
import contextvars
import math
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bench.fleet.taken_pages import Notebook, TakenPage
from broker.connection import Broker
from broker.page_queue import PageDelivery, PagePuller
from contracts.languages import BUNDLED_SCRIPTS
from contracts.pages import Line, PageSucceeded, PageTask, Polygon, Word
from ocr_node.activity import Activity
from ocr_node.disposition import RetryPolicy
from ocr_node.engines import EngineSettings
from ocr_node.reader import Limits, Reader
from ocr_node.worker import Node, NodeSettings

_PAGE_TIMEOUT_S: Final = 120.0
_LINES, _WORDS_A_LINE = 45, 10
_delivered: contextvars.ContextVar[PageDelivery] = contextvars.ContextVar("delivered")


class PageTimes:
    """Draws how long pages take, s: log-normally around a mean, as pages differ. `spread`: of the
    logarithm; 0: all take the mean."""

    def __init__(self, *, mean_s: float, spread: float, seed: str) -> None:
        self._location = math.log(mean_s) - spread**2 / 2
        self._spread = spread
        self._draw = random.Random(seed)  # noqa: S311 - the same runs shall draw the same

    def next_s(self) -> float:
        return math.exp(self._draw.gauss(self._location, self._spread))


class SimulatedReader(Reader):
    """In the place of an engine in a child process."""

    def __init__(self, *, worker: str, times: PageTimes, notebook: Notebook) -> None:
        super().__init__(
            worker=worker,
            engine=EngineSettings(name="echo", cache_dir=Path()),
            limits=Limits(page_timeout_s=_PAGE_TIMEOUT_S, memory_limit_bytes=2**30),
        )
        self._name = worker
        self._times = times
        self._notebook = notebook

    async def start(self) -> None:
        self.ready = True

    async def stop(self) -> None:
        self.ready = False

    async def read(self, task: PageTask, *, attempt: int, handed_in: bool = False) -> PageSucceeded:
        """Waits, and notes the page. Raises nothing."""
        del handed_in
        delivery = _delivered.get().delivery
        taken_at, page_s = time.time(), self._times.next_s()
        await asyncio.sleep(page_s)
        self._notebook.note(
            TakenPage(
                taken_at=taken_at,
                waited_s=taken_at - delivery.stored_at.timestamp(),
                number=delivery.number,
                page_s=time.time() - taken_at,
                node=self._name,
            )
        )
        return _PRINT.model_copy(
            update={
                "job_id": task.job_id,
                "page_index": task.page_index,
                "width_px": task.width_px,
                "height_px": task.height_px,
                "dpi": task.dpi,
                "worker": self._name,
                "attempts": attempt,
                "duration_ms": 1000 * page_s,
            }
        )


class SimulatedNode(Node):
    """As a node with one engine."""

    async def _handle(
        self,
        page: PageDelivery,
        puller: PagePuller,
        stop: asyncio.Event,
        engine_is_free: Callable[[], None],
    ) -> None:
        _delivered.set(page)
        await super()._handle(page, puller, stop, engine_is_free)


class SimulatedActivity(Activity):
    """Does not measure the process: a hundred nodes share it, and each would look through /proc."""

    def measurement_is_due(self, every_s: float) -> bool:
        del every_s
        return False


def simulated_node(
    broker: Broker,
    *,
    name: str,
    activity: Activity,
    times: PageTimes,
    notebook: Notebook,
    renew_every_s: float,
) -> Node:
    """One that reads what a default install reads."""
    return SimulatedNode(
        broker,
        reader=SimulatedReader(worker=name, times=times, notebook=notebook),
        activity=activity,
        settings=NodeSettings(
            name=name,
            scripts=BUNDLED_SCRIPTS,
            page_timeout_s=_PAGE_TIMEOUT_S,
            retry=RetryPolicy(max_attempts=3, first_delay_s=2.0),
            renew_every_s=renew_every_s,
        ),
    )


def _page_of_print() -> PageSucceeded:
    lines = []
    for row in range(_LINES):
        words = []
        for column in range(_WORDS_A_LINE):
            box = _box(170 + 130 * column, 180 + 46 * row, 120, 30)
            words.append(Word(text=f"word{row:02}{column}", confidence=0.987, polygon=box))
        lines.append(
            Line(
                text=" ".join(word.text for word in words),
                confidence=0.987,
                polygon=_box(170, 180 + 46 * row, 1290, 30),
                words=tuple(words),
            )
        )
    text = "\n".join(line.text for line in lines)
    return PageSucceeded(
        job_id="none",
        page_index=0,
        text=text,
        markdown=text,
        confidence=0.987,
        width_px=1,
        height_px=1,
        dpi=200,
        lines=tuple(lines),
        worker="none",
        attempts=1,
        duration_ms=0.0,
    )


def _box(left: float, top: float, width: float, height: float) -> Polygon:
    right, bottom = left + width, top + height
    return (left, top), (right, top), (right, bottom), (left, bottom)


_PRINT: Final = _page_of_print()
