"""Tables of jobs and of nodes, as wide as the terminal: a narrow one gets fewer columns."""

from collections.abc import Sequence
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from contracts.fleet import FleetStatus, WorkerStatus
from contracts.job_state import JobState
from contracts.languages import scripts_of
from docr.drawing import drawn
from docr.terminal import printable

_WIDE: Final = 100
_MEDIUM: Final = 80
_COLOURS: Final = {
    "success": "green",
    "partial_success": "yellow",
    "failed": "red",
    "cancelled": "red",
    "healthy": "green",
    "starting": "yellow",
    "stopping": "yellow",
    "lost": "red",
}


def jobs_table(jobs: Sequence[JobState]) -> str:
    """A row a job. The id is never cut: it is what other commands ask for."""

    def draw(console: Console) -> None:
        columns: dict[str, str | None] = {"job": None, "state": None, "pages": "right"}
        # An id takes half of a narrow terminal: the document's name goes below it.
        narrow = console.width < _MEDIUM
        if not narrow:
            columns |= {"document": None, "submitted": None}
        if console.width >= _WIDE:
            columns["tenant"] = None
        table = _table(columns, widest=max(len(job.job_id) for job in jobs))
        for job in jobs:
            total = "?" if job.total_pages is None else f"{job.total_pages}"
            cells = {
                "job": Text(printable(job.job_id) + (f"\n{printable(job.filename)}" * narrow)),
                "state": coloured(job.state),
                "pages": Text(f"{job.pages_done}/{total}"),
                "document": Text(printable(job.filename)),
                "submitted": Text(f"{job.submitted_at:%Y-%m-%d %H:%M}Z"),
                "tenant": Text(printable(job.tenant)),
            }
            table.add_row(*(cells[name] for name in columns))
        console.print(table)

    return drawn(draw)


def nodes_table(fleet: FleetStatus) -> str:
    """A row a node process, and how many of them are well."""

    def draw(console: Console) -> None:
        columns = {"node": None, "status": None, "pages": "right", "errors": "right"}
        columns["pages/s"] = "right"
        if console.width >= _MEDIUM:
            columns |= {"engines": "right", "memory": "right", "heard": "right"}
        columns["reading"] = None
        if console.width >= _WIDE:
            columns |= {"engine": None, "reads": None, "version": None}
        table = _table(columns)
        for worker in fleet.workers:
            cells = {
                "node": Text(printable(worker.name)),
                "status": coloured(worker.status),
                "pages": Text(f"{worker.pages}"),
                "errors": Text(f"{worker.errors}"),
                "pages/s": Text(f"{worker.pages_per_second:.2f}"),
                "engines": Text(f"{worker.engines}"),
                "memory": Text(f"{worker.health.memory_mb:.0f} MB"),
                "heard": Text(f"{worker.seconds_since_heartbeat:.0f} s ago"),
                "reading": Text(reading(worker)),
                "engine": Text(printable(worker.engine)),
                "reads": Text(" ".join(scripts_of(worker.languages))),
                "version": Text(printable(worker.version)),
            }
            table.add_row(*(cells[name] for name in columns))
        console.print(table)
        console.print(f"{fleet.healthy_workers} of {fleet.total_workers} healthy")

    return drawn(draw)


def _table(columns: dict[str, str | None], *, widest: int = 0) -> Table:
    """`widest`: characters of the first column that are never folded."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name, side in columns.items():
        table.add_column(
            name,
            justify="right" if side == "right" else "left",
            overflow="fold",
            min_width=widest if name == "job" else None,
            no_wrap=name == "submitted",
        )
    return table


def coloured(state: str) -> Text:
    """The state of a job or node."""
    return Text(state, style=_COLOURS.get(state, ""))


def reading(worker: WorkerStatus) -> str:
    """The pages in a node's hands."""
    return ", ".join(
        printable(f"page {each.page_number} of {each.job_id}") for each in worker.current_pages
    )
