"""The table at the end of a run, and beneath it what went wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from contracts.jobs import JobSummary

_ERRORS_SHOWN: Final = 5
# Nothing is cut or wrapped where a program may read it.
_WIDE_COLUMNS: Final = 400
_COLOURS: Final = {"success": "green", "partial_success": "yellow"}


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A document that was read, or not. `output`: its text, None if there is none."""

    name: str
    summary: JobSummary
    output: Path | None


def print_table(ended: Sequence[Ended]) -> None:
    """Writes table and errors to stdout."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDE_COLUMNS)
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
            Text(each.name),
            Text(summary.status, style=_COLOURS.get(summary.status, "red")),
            read,
            str(summary.total_words),
            f"{summary.avg_confidence:.3f}" if summary.total_lines else "-",
            f"{summary.total_duration_ms / 1000:.1f}",
            Text(str(each.output)) if each.output is not None else "-",
        )
    console.print(table)
    for each in ended:
        for error in each.summary.errors[:_ERRORS_SHOWN]:
            console.print(Text(f"{each.name}: {error}"), soft_wrap=True)
        if (more := len(each.summary.errors) - _ERRORS_SHOWN) > 0:
            console.print(Text(f"{each.name}: {more} more errors, all in its .json"))
