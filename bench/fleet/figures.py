"""What is found of one size of fleet."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench.fleet.recovery import Recovery
from bench.fleet.system import FleetPlan
from bench.pipeline.fleet import CoreSeconds


@dataclass(frozen=True, kw_only=True)
class Window:
    """A stretch of time, and what all parts took in it. `begin`, `end`: s since the epoch;
    `core_s`: by kind of part; `machine`: the share of the machine's time in which it worked, for
    others too; `messages`: to and from the broker."""

    begin: float
    end: float
    core_s: Mapping[str, CoreSeconds]
    machine: float
    messages: int
    load: float

    @property
    def seconds(self) -> float:
        return self.end - self.begin

    def share(self, kind: str, *, loop: bool = False) -> float:
        """Cores that a kind of part kept busy. `loop`: its main processes only."""
        used = self.core_s[kind]
        return (used.loop if loop else used.tree) / self.seconds


@dataclass(frozen=True, kw_only=True)
class BusyWindow:
    """A window under load. `pages`: read in it; `busy`: the share of their time that nodes read."""

    window: Window
    pages: int
    busy: float

    @property
    def pages_per_second(self) -> float:
        return self.pages / self.window.seconds


@dataclass(frozen=True, kw_only=True)
class Step:
    """What was found with `plan.nodes` nodes.

    `start_s`, `start_core_s`: until all were ready, and what the broker took for it; `list_s`: what
    listing all nodes takes, as doors do every few seconds; `asked_*_s`: from the queue to an idle
    node; `submitted`, `accounted`: pages handed in, and pages in the summaries of their jobs;
    `jobs_open`: those that had not ended when the step's time was over.
    """

    plan: FleetPlan
    start_s: float
    start_core_s: float
    list_s: float
    idle: Window
    connections: int
    subscriptions: int
    idle_memory_mb: Mapping[str, float]
    asked: int
    asked_p50_s: float
    asked_p99_s: float
    busy: Sequence[BusyWindow]
    memory_mb: Mapping[str, float]
    recovery: Recovery | None
    submitted: int
    accounted: int
    jobs_open: int = 0

    def middle(self, of: Callable[[BusyWindow], float]) -> float:
        """The median of all windows under load."""
        return median(map(of, self.busy))

    def core_ms_a_page(self, kind: str, *, loop: bool = False) -> float:
        """Of all windows under load together; 0 without a page."""
        used = sum(each.window.share(kind, loop=loop) * each.window.seconds for each in self.busy)
        pages = sum(each.pages for each in self.busy)
        return 1000 * used / pages if pages else 0.0
