"""What `docr bench limit` found, for people and for programs."""

from dataclasses import asdict
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.limit import Limit, Part


def as_json(limit: Limit) -> dict[str, Any]:
    """All figures; every part with its ratio of measured to limit."""
    found = asdict(limit)
    for name, value in vars(limit).items():
        if isinstance(value, Part):
            found[name]["ratio"] = value.ratio
    return found


def draw(limit: Limit, console: Console) -> None:
    """The rate, and a table of parts, a page on average."""
    for name, rate in limit.rates.items():
        console.print(Text(f"{name}: {rate:.1f} GFLOP a core-second in single precision"))
    console.print(
        Text(
            f"The limit takes the faster one; between the pages the median was "
            f"{limit.rate_meanwhile:.1f}."
        )
    )
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(f"of {limit.pages} pages, each")
    for name in ("GFLOP", "limit core-s", "measured core-s", "measured / limit"):
        table.add_column(name, justify="right")
    for name, part in (
        ("detection, as executed", limit.detection),
        ("recognition, as executed", limit.recognition),
        ("the rest", limit.rest),
        ("all, by what was executed", limit.executed),
        ("all, by what the pages need", limit.needed),
    ):
        table.add_row(
            name,
            _number(part.gflop, 1),
            _number(part.limit_core_s, 3),
            f"{part.core_s:.3f}",
            _number(part.ratio, 2),
        )
    console.print(table)


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
