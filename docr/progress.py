"""What a person sees while documents are read: a bar on a terminal, plain lines elsewhere."""

import sys
from types import TracebackType
from typing import Protocol, Self

from contracts.events import JobEvent
from contracts.jobs import JobSummary
from docr.terminal import tell


class ProgressReport(Protocol):
    """Told what happens; a context manager, so that a bar leaves the terminal in order."""

    def event(self, event: JobEvent) -> None: ...

    def ended(self, name: str, summary: JobSummary) -> None: ...

    def problem(self, sentence: str) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def progress_report(documents: int, *, first: str = "starting engines") -> ProgressReport:
    """The one that suits stderr. `documents`: how many will be read; `first`: what is done before
    the first of their pages."""
    if not sys.stderr.isatty():
        return Lines(documents)
    from docr.progress_bar import Bar  # noqa: PLC0415 - 25 ms

    return Bar(documents, first=first)


class Lines:
    """A line a document, on stderr."""

    def __init__(self, documents: int) -> None:
        self._documents = documents
        self._done = 0

    def event(self, event: JobEvent) -> None:
        """Pages are not worth a line of their own."""

    def ended(self, name: str, summary: JobSummary) -> None:
        self._done += 1
        pages = "1 page" if summary.total_pages == 1 else f"{summary.total_pages} pages"
        tell(
            f"[{self._done}/{self._documents}] {name}: {summary.status}, {pages}, "
            f"{summary.total_words} words, {summary.total_duration_ms / 1000:.1f} s"
        )

    def problem(self, sentence: str) -> None:
        self._done += 1
        tell(f"[{self._done}/{self._documents}] {sentence}")

    def __enter__(self) -> Self:
        count = "1 document" if self._documents == 1 else f"{self._documents} documents"
        tell(f"reading {count}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing is left open."""
