"""The table at the end of a run, and beneath it what went wrong."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from contracts.jobs import JobSummary
from docr.drawing import drawn
from docr.terminal import printable

_ERRORS_SHOWN: Final = 5
_COLOURS: Final = {"success": "green", "partial_success": "yellow"}


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A document that was read, or not. `output`: its text, None if there is none."""

    name: str
    summary: JobSummary
    output: Path | None


def table_of(ended: Sequence[Ended]) -> str:
    """Table and errors, for stdout."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("document", overflow="fold")
    table.add_column("status")
    for name in ("pages", "words", "confidence", "seconds"):
        table.add_column(name, justify="right")
    table.add_column("text", overflow="fold")
    for each in ended:
        summary = each.summary
        read = f"{summary.pages_processed}"
        if summary.pages_processed != summary.total_pages:
            read += f" of {summary.total_pages}"
        table.add_row(
            Text(printable(each.name)),
            Text(summary.status, style=_COLOURS.get(summary.status, "red")),
            read,
            str(summary.total_words),
            f"{summary.avg_confidence:.3f}" if summary.total_lines else "-",
            f"{summary.total_duration_ms / 1000:.1f}",
            Text(printable(str(each.output))) if each.output is not None else "-",
        )

    def draw(console: Console) -> None:
        console.print(table)
        for each in ended:
            for line in _errors_of(each):
                console.print(Text(printable(f"{each.name}: {line}")), soft_wrap=True)

    return drawn(draw)


def _errors_of(ended: Ended) -> Iterator[str]:
    errors = ended.summary.errors
    yield from errors[:_ERRORS_SHOWN]
    if (more := len(errors) - _ERRORS_SHOWN) > 0:
        yield f"{more} more errors, all in its .json"
