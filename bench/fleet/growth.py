"""What measured steps say of fleets that no one machine can hold: calculated, not measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench.fleet.figures import Step
from bench.fleet.system import BROKER, NODES


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A part, and the share of what it can have that it used. `pages_per_second`: at which it would
    have all of that."""

    part: str
    share: float
    pages_per_second: float


@dataclass(frozen=True, kw_only=True)
class PageCost:
    """Core-ms that a page takes of each part, under load. `*_loop`: of one process's event loop,
    which no second core helps."""

    ingest: float
    ingest_loop: float
    broker: float
    aggregator: float
    aggregator_loop: float


def limits(step: Step, *, cores: int) -> list[Limit]:
    """Of a step under load, the nearest to its limit first. A loop has one core in each process;
    the broker, which uses many, all cores of the machine."""
    plan, reached = step.plan, step.middle(lambda each: each.pages_per_second)
    found = []
    for part, kind, has in (
        ("ingest (its loop)", "ingest", plan.ingests),
        ("aggregator (its loop)", "aggregator", plan.aggregators),
        ("broker", BROKER, cores),
    ):
        cost = step.core_ms_a_page(kind, loop=kind != BROKER)
        if cost > 0.0:
            most = 1000 * has / cost
            found.append(Limit(part=part, share=reached / most, pages_per_second=most))
    for part, share in (
        ("this machine", step.middle(lambda each: each.window.machine)),
        ("nodes, all busy", step.middle(lambda each: each.busy)),
    ):
        if share > 0.0:
            found.append(Limit(part=part, share=share, pages_per_second=reached / share))
    return sorted(found, key=lambda each: -each.share)


def page_cost(steps: Sequence[Step]) -> PageCost:
    """Medians of all steps."""

    def of(kind: str, *, loop: bool = False) -> float:
        return median(step.core_ms_a_page(kind, loop=loop) for step in steps)

    return PageCost(
        ingest=of("ingest"),
        ingest_loop=of("ingest", loop=True),
        broker=of(BROKER),
        aggregator=of("aggregator"),
        aggregator_loop=of("aggregator", loop=True),
    )


def idle_core_ms_a_node(step: Step) -> float:
    """Core-ms of the broker that an idle node takes each second, all of it put down to nodes."""
    return 1000 * step.idle.share(BROKER) / step.plan.nodes


def node_memory_mb(step: Step) -> float:
    """Of the simulated nodes, each."""
    return step.idle_memory_mb[NODES] / step.plan.nodes
