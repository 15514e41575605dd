"""The system's state in Prometheus' form."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Final, get_args

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from broker.queue_state import Queue
from contracts import topology
from contracts.fleet import FleetStatus, NodeStatus, WorkerStatus
from ingest.gateway.metrics.system import SystemState

_MIB: Final = 1024 * 1024

_OF_A_QUEUE: Final[tuple[tuple[str, str, Callable[[Queue], float]], ...]] = (
    ("messages", "Messages in a queue.", lambda queue: queue.messages),
    (
        "age_seconds",
        "How long the oldest message waits that nobody has taken.",
        lambda queue: queue.age_s,
    ),
    ("in_hand", "Messages that were taken and are not settled.", lambda queue: queue.in_hand),
    (
        "redelivered",
        "Messages in hand that were handed over before.",
        lambda queue: queue.redelivered,
    ),
    (
        "unserved_messages",
        "Messages that wait while nobody asks for their kind.",
        lambda queue: queue.unserved,
    ),
)


class SystemCollector(Collector):
    """Shows the state that was read last."""

    def __init__(self) -> None:
        self.state: SystemState | None = None

    def describe(self) -> Iterable[Metric]:
        """Nothing: the registry need not know beforehand what will be there."""
        return ()

    def collect(self) -> Iterator[Metric]:
        state = self.state
        up = GaugeMetricFamily("docr_broker_up", "1 while the broker answers, 0 while it does not.")
        up.add_metric([], int(state is not None))
        yield up
        if state is None:
            return
        yield _gauge("docr_jobs", "Jobs that go on.", "state", state.jobs.items())
        queues = state.broker.queues.items()
        for name, about, value_of in _OF_A_QUEUE:
            values = [(queue, value_of(each)) for queue, each in queues]
            yield _gauge(f"docr_queue_{name}", about, "queue", values)
        stores = state.broker.stores
        if (dead := stores.get(topology.DEAD_PAGES)) is not None:
            yield GaugeMetricFamily("docr_dead_pages", "Dead pages that are kept.", dead.messages)
        yield _gauge(
            "docr_store_bytes",
            "What a stream or bucket holds.",
            "stream",
            [(name, each.used_bytes) for name, each in stores.items()],
        )
        yield _gauge(
            "docr_store_limit_bytes",
            "What a stream or bucket may hold.",
            "stream",
            [(name, each.limit_bytes) for name, each in stores.items()],
        )
        if state.fleet is not None:
            yield from _of_nodes(state.fleet)


def _gauge(name: str, about: str, label: str, values: Iterable[tuple[str, float]]) -> Metric:
    family = GaugeMetricFamily(name, about, labels=[label])
    for key, value in values:
        family.add_metric([key], value)
    return family


def _of_nodes(fleet: FleetStatus) -> Iterator[Metric]:
    statuses = Counter(each.status for each in fleet.workers)
    yield _gauge(
        "docr_nodes",
        "Nodes that told of themselves in the last hour.",
        "status",
        [(status, statuses[status]) for status in get_args(NodeStatus)],
    )
    memory = GaugeMetricFamily("docr_node_memory_bytes", "Memory of a node.", labels=["node"])
    pages = CounterMetricFamily("docr_node_pages", "Pages that a node has read.", labels=["node"])
    cost = GaugeMetricFamily(
        "docr_node_core_seconds_per_page",
        "Core seconds that a page took on a node, on average.",
        labels=["node"],
    )
    for name, living in _living(fleet).items():
        memory.add_metric([name], sum(each.health.memory_mb for each in living) * _MIB)
        read = sum(each.pages for each in living)
        pages.add_metric([name], read)
        spent = sum(each.core_seconds_per_page * each.pages for each in living)
        cost.add_metric([name], spent / read if read else 0.0)
    yield from (memory, pages, cost)


def _living(fleet: FleetStatus) -> dict[str, list[WorkerStatus]]:
    """Nodes that are not lost, by name: two machines may have called theirs the same."""
    found: dict[str, list[WorkerStatus]] = {}
    for each in fleet.workers:
        if each.status != "lost":
            found.setdefault(each.name, []).append(each)
    return found
