"""The bar that a person sees on a terminal while documents are read."""

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from contracts.events import JobAccepted, JobEvent, PageDone, PageLost
from contracts.jobs import JobSummary
from docr.terminal import printable


class _PagesPerSecond(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("- pages/s" if speed is None else f"{speed:.1f} pages/s")


class Bar:
    """Pages done of pages known, pages per second, time left. A document that is not open yet
    counts as one page."""

    def __init__(self, documents: int, *, first: str = "starting engines") -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("pages"),
            _PagesPerSecond(),
            TimeRemainingColumn(),
            TextColumn("left"),
            console=Console(stderr=True),
            transient=True,
            # What goes to a file or a program must not end up on the terminal.
            redirect_stdout=sys.stdout.isatty(),
        )
        self._task = self._progress.add_task(first, total=documents)
        self._known: dict[str, int] = {}  # pages by job, 1 while that is a guess
        self._done: dict[str, int] = {}
        self._documents = documents

    def event(self, event: JobEvent) -> None:
        match event:
            case JobAccepted():
                self._known[event.job_id] = event.total_pages
                self._draw("reading")
            case PageDone() | PageLost():
                self._known[event.job_id] = event.total
                self._done[event.job_id] = max(self._done.get(event.job_id, 0), event.done)
                self._draw("reading")

    def ended(self, name: str, summary: JobSummary) -> None:  # noqa: ARG002 - the table names it
        self._known[summary.job_id] = self._done[summary.job_id] = max(summary.total_pages, 1)
        self._draw("reading")

    def problem(self, sentence: str) -> None:
        self._progress.console.print(Text(printable(sentence)))

    def _draw(self, doing: str) -> None:
        total = sum(self._known.values()) + max(self._documents - len(self._known), 0)
        self._progress.update(
            self._task, description=doing, total=total, completed=sum(self._done.values())
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()
