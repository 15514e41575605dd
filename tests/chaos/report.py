"""What a run did and found: figures by kind of fault, as JSON and as a table."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from tests.chaos.totals import Totals


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """What one fault cost. `seconds`: from its lifting to the next page or job that ended.
    `without_service_s`: the longest time from its beginning on in which none ended. Both None if
    there was nothing to do. `alone`: no other fault was at work meanwhile."""

    label: str
    seconds: float | None
    without_service_s: float | None
    alone: bool


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """All recoveries from one kind of fault in one place."""

    label: str
    of: tuple[Recovery, ...]

    def as_json(self) -> dict[str, Any]:
        alone = [each for each in self.of if each.alone]
        return {
            "times": len(self.of),
            **_spread("recovery", [each.seconds for each in self.of]),
            **_spread("without_service", [each.without_service_s for each in self.of]),
            "alone": len(alone),
            **_spread("alone_recovery", [each.seconds for each in alone]),
            **_spread("alone_without_service", [each.without_service_s for each in alone]),
        }

    def row(self) -> tuple[str, ...]:
        told = self.as_json()
        names = ("recovery", "without_service")
        spreads = [f"{name}_{what}_s" for name in names for what in ("median", "max")]
        alone = [f"alone_without_service_{what}_s" for what in ("median", "max")]
        return (
            self.label,
            str(told["times"]),
            *(_figure(told[name]) for name in (*spreads, "alone", *alone)),
        )


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
    leaders_killed: int = 0
    in_mid_publish: int = 0  # of them: a message was on its way to it
    violations: list[str] = field(default_factory=list)

    @property
    def faults(self) -> int:
        return len(self.recoveries)

    def _kinds(self) -> list[_Kind]:
        return [
            _Kind(label=label, of=tuple(each for each in self.recoveries if each.label == label))
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
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
        table.add_column("fault", no_wrap=True)
        for name in (*("times", "back s", "max", "out s", "max", "alone", "out s", "max"),):
            table.add_column(name, justify="right")
        for each in self._kinds():
            table.add_row(*each.row())
        console.print(
            "medians and longest. back: from the lifting of a fault to the next page or job that "
            "ends; out of service: the longest time without one, from the fault's beginning on; "
            "alone: no other fault was at work"
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
        if self.leaders_killed:
            console.print(
                f"leaders killed: {self.leaders_killed}, of them {self.in_mid_publish} with a "
                "message on its way"
            )
        settled = "never" if self.settled_after_s is None else f"after {self.settled_after_s:.1f} s"
        console.print(
            f"settled {settled}; longest silence while there was work "
            f"{self.longest_silence_s:.1f} s"
        )
        for each_violation in self.violations:
            console.print(f"VIOLATION {each_violation}", style="red", markup=False)


def _spread(name: str, seconds: Sequence[float | None]) -> dict[str, Any]:
    known = [each for each in seconds if each is not None]
    return {
        f"{name}_s": [round(each, 3) for each in known],
        f"{name}_median_s": round(median(known), 3) if known else None,
        f"{name}_max_s": round(max(known), 3) if known else None,
    }


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)
