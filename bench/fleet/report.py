"""What `docr bench fleet` found, for people and for programs."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from pydantic import TypeAdapter
from rich.console import Console
from rich.text import Text

from bench.fleet.figures import BusyWindow, Step
from bench.fleet.growth import Limit, idle_core_ms_a_node, limits, node_memory_mb, page_cost
from bench.fleet.recovery import Recovery
from bench.fleet.system import BROKER, NODES
from bench.tables import figures_table

# A fleet whose nodes read for less than this share of their time waits for something.
_WELL_FED: Final = 0.9


@dataclass(frozen=True, kw_only=True)
class FleetReport:
    """All steps, in the order of their nodes; `cores`: of the machine."""

    steps: Sequence[Step]
    cores: int
    processor: str

    def saturated(self) -> tuple[Step, list[Limit]] | None:
        """The first step whose nodes were not fed, and what it used; None if all were fed."""
        for step in self.steps:
            if step.middle(lambda each: each.busy) < _WELL_FED:
                found = limits(step, cores=self.cores)
                return step, [each for each in found if each.part != "nodes, all busy"]
        return None


@dataclass(frozen=True, kw_only=True)
class _Told:
    steps: list[Step]


_TOLD: Final = TypeAdapter(_Told)


def as_json(report: FleetReport) -> dict[str, Any]:
    """All figures, and what follows from them."""
    saturated = report.saturated()
    return {
        "processor": report.processor,
        "cores": report.cores,
        "steps": [_of_step(step, cores=report.cores) for step in report.steps],
        "page_cost_core_ms": asdict(page_cost(report.steps)),
        "saturated": None
        if saturated is None
        else {
            "nodes": saturated[0].plan.nodes,
            "limits": [asdict(limit) for limit in saturated[1]],
        },
    }


def steps_of(written: bytes) -> list[Step]:
    """The steps that `as_json` told. Raises: ValueError if these are not its words."""
    return _TOLD.validate_json(written).steps


def draw(report: FleetReport, console: Console) -> None:
    """A table for each question."""
    _draw_throughput(report, console)
    _draw_costs(report, console)
    _draw_rest(report, console)
    if any(step.recovery is not None for step in report.steps):
        _draw_recovery(report, console)
    if (saturated := report.saturated()) is not None:
        _draw_limits(*saturated, console)
    else:
        console.print(Text("nothing is saturated: all nodes were fed\n"))


def _draw_throughput(report: FleetReport, console: Console) -> None:
    first = report.steps[0].plan
    table = figures_table(
        f"{first.page_s:g} s and {first.image_bytes / 1000:g} kB a page",
        *("could read", "pages/s", "least", "most", "nodes busy", "machine", "load"),
        *("taken after p50 ms", "p99 ms"),
    )
    for step in report.steps:
        rates = [each.pages_per_second for each in step.busy]
        table.add_row(
            f"{step.plan.nodes} nodes",
            f"{step.plan.offered_pages_per_second:.0f}",
            f"{step.middle(_rate):.1f}",
            f"{min(rates):.1f}",
            f"{max(rates):.1f}",
            f"{100 * step.middle(lambda each: each.busy):.0f} %",
            f"{100 * step.middle(_machine):.0f} %",
            f"{max(each.window.load for each in step.busy):.0f}",
            f"{1000 * step.asked_p50_s:.1f}",
            f"{1000 * step.asked_p99_s:.1f}",
        )
    console.print(table)
    console.print(Text("(taken after: by idle nodes, from the queue; load: with others' work)\n"))


def _draw_costs(report: FleetReport, console: Console) -> None:
    names = ("ingest", "its loop", "broker", "aggregator", "its loop", "simulated nodes", "MB")
    table = figures_table("core-ms a page, under load", *names)
    for step in report.steps:
        table.add_row(
            f"{step.plan.nodes} nodes",
            *(
                f"{step.core_ms_a_page(kind, loop=loop):.2f}"
                for kind, loop in (
                    ("ingest", False),
                    ("ingest", True),
                    (BROKER, False),
                    ("aggregator", False),
                    ("aggregator", True),
                    (NODES, False),
                )
            ),
            f"{step.memory_mb[BROKER]:.0f}",
        )
    console.print(table)
    console.print(Text("(MB: of the broker)\n"))


def _draw_rest(report: FleetReport, console: Console) -> None:
    names = (
        *("cores", "core-ms a node and s", "messages/s", "MB", "connections"),
        *("start s", "start core-s", "list ms"),
    )
    table = figures_table("broker with idle nodes", *names)
    for step in report.steps:
        table.add_row(
            f"{step.plan.nodes} nodes",
            f"{step.idle.share(BROKER):.3f}",
            f"{idle_core_ms_a_node(step):.2f}",
            f"{step.idle.messages / step.idle.seconds:.0f}",
            f"{step.idle_memory_mb[BROKER]:.0f}",
            f"{step.connections}",
            f"{step.start_s:.0f}",
            f"{step.start_core_s:.1f}",
            f"{1000 * step.list_s:.0f}",
        )
    console.print(table)


def _draw_recovery(report: FleetReport, console: Console) -> None:
    table = figures_table(
        "recovery, under load",
        *("nodes killed", "pages handed over", "first s", "last s"),
        *("broker killed: first page s", "flows s", "pages accounted"),
    )
    for step in report.steps:
        found = step.recovery
        table.add_row(
            f"{step.plan.nodes} nodes",
            *(_recovered(found) if found is not None else ("",) * 6),
            f"{step.accounted} of {step.submitted}{_open(step)}",
        )
    console.print(table)


def _open(step: Step) -> str:
    return f", {step.jobs_open} jobs open" if step.jobs_open else ""


def _recovered(found: Recovery) -> tuple[str, ...]:
    nodes, broker = found.nodes, found.broker
    return (
        f"{nodes.killed}",
        f"{nodes.handed_over}",
        _seconds(nodes.first_s),
        _seconds(nodes.last_s),
        _seconds(broker.first_page_s),
        _seconds(broker.flows_s),
    )


def _draw_limits(step: Step, found: Sequence[Limit], console: Console) -> None:
    table = figures_table(
        f"{step.plan.nodes} nodes: what is nearest to its limit", "used", "pages/s"
    )
    for limit in found:
        table.add_row(limit.part, f"{100 * limit.share:.0f} %", f"{limit.pages_per_second:.0f}")
    console.print(table)
    console.print(Text("(pages/s: with all of it used; calculated)\n"))


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f}"


def _rate(window: BusyWindow) -> float:
    return window.pages_per_second


def _machine(window: BusyWindow) -> float:
    return window.window.machine


def _of_step(step: Step, *, cores: int) -> dict[str, Any]:
    return asdict(step) | {
        "offered_pages_per_second": step.plan.offered_pages_per_second,
        "pages_per_second": round(step.middle(_rate), 2),
        "nodes_busy": round(step.middle(lambda each: each.busy), 4),
        "core_ms_a_page": {kind: round(step.core_ms_a_page(kind), 3) for kind in step.idle.core_s},
        "loop_ms_a_page": {
            kind: round(step.core_ms_a_page(kind, loop=True), 3)
            for kind in ("ingest", "aggregator")
        },
        "idle_broker_cores": round(step.idle.share(BROKER), 4),
        "idle_broker_core_ms_a_node_and_s": round(idle_core_ms_a_node(step), 3),
        "simulated_node_mb": round(node_memory_mb(step), 2),
        "limits": [asdict(each) for each in limits(step, cores=cores)],
    }
