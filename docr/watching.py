"""What `docr watch` shows: a bar a job on a terminal, a line an event elsewhere, or JSON."""

import sys
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.text import Text

from contracts.events import (
    JobAccepted,
    JobEvent,
    JobFinished,
    PageDone,
    PageLost,
    SubmissionRefused,
    job_event,
)
from docr.terminal import print_out, printable, printable_json, say


class WatchReport(Protocol):
    """Told what happens; a context manager, so that bars leave the terminal in order."""

    def event(self, event: JobEvent) -> None: ...

    def problem(self, sentence: str) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def watch_report(*, as_json: bool) -> WatchReport:
    """The one that suits stdout."""
    if as_json or not (sys.stdout.isatty() and sys.stderr.isatty()):
        return EventLines(as_json=as_json)
    return JobBars()


def in_words(event: JobEvent) -> str:
    """An event in one line."""
    match event:
        case JobAccepted():
            pages = "1 page" if event.total_pages == 1 else f"{event.total_pages} pages"
            what = f"accepted: {event.filename or 'document'}, {pages}"
        case PageDone():
            by = "" if event.worker is None else f", by {event.worker}"
            what = f"page {event.page_number} read, {event.done} of {event.total}{by}"
        case PageLost():
            what = f"page {event.page_number} failed, {event.done} of {event.total}: {event.error}"
        case JobFinished():
            what = f"ended: {event.status}"
        case SubmissionRefused():
            what = f"another document refused: {event.error}"
    return printable(f"{event.job_id} {what}")


class EventLines:
    """A line an event, on stdout."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json

    def event(self, event: JobEvent) -> None:
        """Raises: StdoutLost."""
        if self._as_json:
            print_out(printable_json(job_event.dump_json(event).decode()) + "\n")
        else:
            print_out(in_words(event) + "\n")

    def problem(self, sentence: str) -> None:
        say(sentence)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing is left open."""


class JobBars:
    """A bar for each job that goes on, above them a line for each that ended and each lost page."""

    def __init__(self) -> None:
        self._progress = Progress(
            # A name, or an id, may take what is left.
            TextColumn("{task.description}", table_column=Column(no_wrap=True, ratio=1)),
            BarColumn(bar_width=16),
            MofNCompleteColumn(),
            TextColumn("pages"),
            TimeRemainingColumn(compact=True),
            console=Console(stderr=True),
            transient=True,
            expand=True,
        )
        self._bars: dict[str, TaskID] = {}
        self._names: dict[str, str] = {}

    def event(self, event: JobEvent) -> None:
        match event:
            case JobAccepted():
                self._names[event.job_id] = event.filename
                self._draw(event.job_id, done=0, total=event.total_pages)
            case PageDone():
                self._draw(event.job_id, done=event.done, total=event.total)
            case PageLost():
                self._draw(event.job_id, done=event.done, total=event.total)
                self._say(in_words(event))
            case JobFinished():
                if (bar := self._bars.pop(event.job_id, None)) is not None:
                    self._progress.remove_task(bar)
                name = self._names.pop(event.job_id, "")
                self._say(printable(f"{in_words(event)} {f'({name})' if name else ''}".rstrip()))
            case SubmissionRefused():
                self._say(in_words(event))

    def _draw(self, job_id: str, *, done: int, total: int) -> None:
        if job_id not in self._bars:
            # Names may hold what rich takes for markup.
            name = printable(self._names.get(job_id) or job_id).replace("[", r"\[")
            self._bars[job_id] = self._progress.add_task(name, total=total)
        self._progress.update(self._bars[job_id], completed=done, total=total)

    def _say(self, line: str) -> None:
        self._progress.console.print(Text(line), soft_wrap=True)

    def problem(self, sentence: str) -> None:
        self._say(printable(f"docr: {sentence}"))

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
