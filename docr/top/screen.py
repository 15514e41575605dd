"""A frame of `docr top`: as wide and as high as the terminal is at the moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from broker.queue_state import QueueName
from contracts import topology
from contracts.fleet import WorkerStatus
from contracts.job_state import JobState
from docr.job_tables import coloured, reading
from docr.terminal import printable
from docr.top.look import Look
from docr.top.quantities import age, size
from docr.top.room import rows, shares

_MEDIUM: Final = 80
_WIDE: Final = 110
_LONG: Final = frozenset({"reading", "document"})
# What needs a look comes first, then the busiest.
_RANKS: Final = {"lost": 0, "stopping": 1, "starting": 2, "healthy": 3}


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What is known, None before the first answer; `trouble`: why it is not known anew."""

    about: str
    seen: Look | None
    trouble: str | None
    now: datetime
    cut: bool  # to the height of the terminal

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        height = (options.height or options.size.height) if self.cut else None
        one_line = {"overflow": "ellipsis", "no_wrap": True}
        lines = [Text(printable(self.about), style="bold", **one_line)]  # type: ignore[arg-type]
        if self.trouble is not None:
            lines.append(Text(printable(self.trouble), style="red"))
        if self.seen is None:
            yield from lines
            return
        if self.trouble is not None:
            old = age((self.now - self.seen.at).total_seconds())
            lines.append(Text(f"what follows is {old} old", style="red"))
        lines += [Text(line, **one_line) for line in _totals(self.seen)]  # type: ignore[arg-type]
        yield from lines
        nodes = sorted(self.seen.fleet.workers, key=_order)
        jobs = self.seen.jobs
        taken = sum(len(console.render_lines(each, options, pad=False)) for each in lines)
        # A blank line and a heading each.
        room = len(nodes) + len(jobs) + 1 if height is None else height - taken - 4
        hidden = sum(self.seen.open_jobs.values()) - sum(not each.has_ended for each in jobs)
        for_nodes, for_jobs = shares(room, nodes=len(nodes), jobs=len(jobs) + (hidden > 0))
        # Elsewhere nothing is cut, and nothing filled up.
        width = options.max_width
        fill = console.is_terminal
        yield from _nodes(nodes, lines=for_nodes, width=width, fill=fill)
        yield from _jobs(jobs, lines=for_jobs, hidden=hidden, width=width, fill=fill)


def _order(worker: WorkerStatus) -> tuple[int, float, str, str]:
    return _RANKS[worker.status], -worker.pages_per_second, worker.name, worker.instance


def _totals(seen: Look) -> list[str]:
    living = [each for each in seen.fleet.workers if each.status != "lost"]
    told = [f"{seen.fleet.healthy_workers} of {seen.fleet.total_workers} healthy"]
    if lost := seen.fleet.total_workers - len(living):
        told.append(f"{lost} lost")
    told += [
        f"engines: {sum(each.engines for each in living)}",
        f"{sum(each.pages_per_second for each in living):.1f} pages/s",
        size(sum(each.health.memory_mb for each in living) * 2**20),
    ]
    stores = seen.broker.stores
    kept = [f"{size(sum(each.used_bytes for each in stores.values()))} kept"]
    shares_used = [
        (each.used_bytes / each.limit_bytes, name)
        for name, each in stores.items()
        if each.limit_bytes
    ]
    if shares_used:
        share, name = max(shares_used)
        kept.append(f"fullest: {name} {share:.0%}")
    if (dead := stores.get(topology.DEAD_PAGES)) is not None:
        kept.append(f"dead pages: {dead.messages:,}")
    return [
        f"nodes      {', '.join(told)}",
        f"documents  {_queue(seen, 'submit')}",
        f"pages      {_queue(seen, 'pages')}",
        f"jobs       {', '.join(f'{count:,} {state}' for state, count in seen.open_jobs.items())}",
        f"store      {', '.join(kept)}",
    ]


def _queue(seen: Look, name: QueueName) -> str:
    queue = seen.broker.queues[name]
    told = [f"{queue.messages:,} in the queue", f"{queue.in_hand:,} of them in hand"]
    if queue.redelivered:
        told.append(f"{queue.redelivered:,} handed over again")
    if queue.age_s:
        told.append(f"the oldest waits for {age(queue.age_s)}")
    return ", ".join(told)


def _nodes(nodes: Sequence[WorkerStatus], *, lines: int, width: int, fill: bool) -> RenderResult:
    columns = {"node": False, "status": False, "pages/s": True, "pages": True}
    if width >= _MEDIUM:
        columns |= {"errors": True, "engines": True, "memory": True, "heard": True}
    if width >= _WIDE:
        columns["reading"] = False
    shown = nodes[: rows(lines, len(nodes))]
    table = _table(columns, fill=fill)
    for each in shown:
        cells = {
            "node": Text(printable(each.name)),
            "status": coloured(each.status),
            "pages/s": Text(f"{each.pages_per_second:.2f}"),
            "pages": Text(f"{each.pages}"),
            "errors": Text(f"{each.errors}"),
            "engines": Text(f"{each.engines}"),
            "memory": Text(size(each.health.memory_mb * 2**20)),
            "heard": Text(f"{age(each.seconds_since_heartbeat)} ago"),
            "reading": Text(reading(each)),
        }
        table.add_row(*(cells[name] for name in columns))
    yield Text()
    yield table
    if (more := len(nodes) - len(shown)) and lines:
        yield Text(f"and {more:,} more nodes", style="dim")


def _jobs(
    jobs: Sequence[JobState], *, lines: int, hidden: int, width: int, fill: bool
) -> RenderResult:
    columns = {"job": False, "state": False, "pages": True}
    if width >= _MEDIUM:
        columns["document"] = False
    if width >= _WIDE:
        columns |= {"tenant": False, "submitted": False}
    shown = jobs[: max(lines - 1, 0) if hidden > 0 else rows(lines, len(jobs))]
    table = _table(columns, fill=fill)
    for each in shown:
        total = "?" if each.total_pages is None else f"{each.total_pages}"
        cells = {
            "job": Text(printable(each.job_id)),
            "state": coloured(each.state),
            "pages": Text(f"{each.pages_done}/{total}"),
            "document": Text(printable(each.filename)),
            "tenant": Text(printable(each.tenant)),
            "submitted": Text(f"{each.submitted_at:%Y-%m-%d %H:%M:%S}Z"),
        }
        table.add_row(*(cells[name] for name in columns))
    yield Text()
    yield table
    more = hidden + sum(not each.has_ended for each in jobs[len(shown) :])
    if more > 0 and lines:
        yield Text(f"and {more:,} more jobs go on", style="dim")


def _table(columns: dict[str, bool], *, fill: bool) -> Table:
    """`columns`: whether each is one of numbers. A row is one line; `fill`: as long as there is."""
    table = Table(
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        header_style="bold",
        expand=fill and not _LONG.isdisjoint(columns),
    )
    for name, number in columns.items():
        table.add_column(
            name,
            justify="right" if number else "left",
            overflow="ellipsis",
            no_wrap=True,
            # What is long takes what the others leave.
            ratio=1 if name in _LONG else None,
        )
    return table
