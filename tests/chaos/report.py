"""What a run did and found: figures by kind of fault, as JSON and as a table."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from tests.chaos.totals import Totals


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """One fault's recovery: s from its lifting to the next page or job that ended; None if there
    was nothing to do. `alone`: no other fault was at work meanwhile."""

    label: str
    seconds: float | None
    alone: bool


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """All recoveries from one kind of fault in one place."""

    label: str
    times: int
    seconds: tuple[float, ...]
    alone: tuple[float, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "times": self.times,
            "seconds": self.seconds,
            "median_s": _median(self.seconds),
            "max_s": max(self.seconds, default=None),
            "alone": len(self.alone),
            "alone_median_s": _median(self.alone),
            "alone_max_s": max(self.alone, default=None),
        }

    def row(self) -> tuple[str, ...]:
        told = self.as_json()
        names = ("median_s", "max_s", "alone", "alone_median_s", "alone_max_s")
        return (self.label, str(self.times), *(_figure(told[name]) for name in names))


@dataclass(kw_only=True)
class Report:
    """One run."""

    seed: int
    minutes: float
    totals: Totals
    refusals: dict[str, int] = field(default_factory=dict)
    recoveries: list[Recovery] = field(default_factory=list)
    surprises: dict[str, int] = field(default_factory=dict)  # processes that ended by themselves
    settled_after_s: float | None = None
    longest_silence_s: float = 0.0
    violations: list[str] = field(default_factory=list)

    @property
    def faults(self) -> int:
        return len(self.recoveries)

    def _kinds(self) -> list[_Kind]:
        return [
            _Kind(
                label=label,
                times=sum(each.label == label for each in self.recoveries),
                seconds=tuple(_known(self.recoveries, label, alone_only=False)),
                alone=tuple(_known(self.recoveries, label, alone_only=True)),
            )
            for label in sorted({each.label for each in self.recoveries})
        ]

    def as_json(self) -> dict[str, Any]:
        """All of it, for a file."""
        return {
            **{
                name: value
                for name, value in vars(self).items()
                if name not in {"recoveries", "totals"}
            },
            **asdict(self.totals),
            "faults": self.faults,
            "recoveries": {each.label: each.as_json() for each in self._kinds()},
        }

    def show(self, console: Console) -> None:
        """Prints it for people."""
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        table.add_column("fault")
        for name in ("times", "median s", "max s", "alone", "median s", "max s"):
            table.add_column(name, justify="right")
        for each in self._kinds():
            table.add_row(*each.row())
        console.print(
            "recovery: from the lifting of a fault to the next page or job that ends; alone: "
            "no other fault was at work"
        )
        console.print(table)
        total = self.totals
        console.print(
            f"seed {self.seed}, {self.minutes:g} minutes: {total.jobs} jobs, {total.pages} pages, "
            f"{self.faults} faults, {total.lost} lost, {total.doubled} doubled, "
            f"{total.exhausted_pages} pages out of attempts, {total.pages_tried_again} pages read "
            "in a later attempt than the first"
        )
        for title, counts in (
            ("jobs", total.statuses),
            ("submissions tried again", self.refusals),
            ("left in buckets until their ttl", total.leftovers),
            ("processes that ended by themselves", self.surprises),
        ):
            told = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
            console.print(f"{title}: {told or 'none'}")
        settled = "never" if self.settled_after_s is None else f"after {self.settled_after_s:.1f} s"
        console.print(
            f"settled {settled}; longest silence while there was work "
            f"{self.longest_silence_s:.1f} s"
        )
        for each_violation in self.violations:
            console.print(f"VIOLATION {each_violation}", style="red", markup=False)


def _known(recoveries: Sequence[Recovery], label: str, *, alone_only: bool) -> Iterator[float]:
    for each in recoveries:
        if each.label == label and each.seconds is not None and (each.alone or not alone_only):
            yield round(each.seconds, 3)


def _median(seconds: Sequence[float]) -> float | None:
    return round(median(seconds), 3) if seconds else None


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)
