"""A broker, ingest, aggregators and groups of simulated nodes, each in a process of its own."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil

from bench.fleet.taken_pages import TakenPage, taken_pages
from bench.pipeline.fleet import Commands, CoreSeconds, free_port
from bench.process_tree import Tree
from contracts.errors import BrokerUnavailable
from guard.parent_death import end_with_parent

BROKER: Final = "broker"
NODES: Final = "nodes"
# One of them is killed to see what becomes of a tenth of the fleet; fewer nodes share one process.
GROUPS: Final = 10
_END_S: Final = 30.0
_MB: Final = 2**20


@dataclass(frozen=True, kw_only=True)
class FleetPlan:
    """`page_s`: mean time of a page; `spread`: of its logarithm; `image_bytes`: of a page;
    `ingests`, `aggregators`: processes; `queued_per_job`: PAGES_QUEUED_PER_JOB."""

    nodes: int
    page_s: float
    spread: float
    seed: int
    image_bytes: int
    ingests: int
    aggregators: int
    queued_per_job: int

    @property
    def offered_pages_per_second(self) -> float:
        """Were all nodes always busy."""
        return self.nodes / self.page_s


@dataclass(frozen=True, kw_only=True)
class BrokerState:
    """What the broker tells of itself. `messages`: in and out since it started."""

    connections: int
    subscriptions: int
    messages: int
    memory_mb: float


class System:
    """The processes of one system. Made by `running_system`."""

    def __init__(self, commands: Commands, folder: Path, plan: FleetPlan) -> None:
        self.plan = plan
        self.url = f"nats://127.0.0.1:{(port := free_port())}"
        self._monitor = free_port()
        self._folder = folder
        (folder / "store").mkdir()
        self._env = {
            **commands.server_environment,
            **os.environ,
            "NATS_URL": self.url,
            "NATS_STORE_DIR": json.dumps(str(folder / "store")),
            "STORE_GB": "24",
            "OCR_ENGINE": "echo",
            "PAGES_QUEUED_PER_JOB": str(plan.queued_per_job),
            "LOG_LEVEL": "error",
            "TEMP_DIR": str(folder / "temp"),
        }
        self._commands: dict[str, Sequence[str]] = {
            BROKER: [*commands.server, "-p", str(port), "-m", str(self._monitor)]
        }
        for service, count in (("ingest", plan.ingests), ("aggregator", plan.aggregators)):
            for number in range(1, count + 1):
                self._commands[f"{service} {number}"] = [commands.docr, service]
        self._groups: dict[str, int] = {}
        groups = GROUPS if plan.nodes >= GROUPS else 1
        for number in range(groups):
            first = plan.nodes * number // groups
            count = plan.nodes * (number + 1) // groups - first
            name = f"{NODES} {number + 1}"
            self._groups[name] = count
            told = {
                "first": first,
                "count": count,
                "page_s": plan.page_s,
                "spread": plan.spread,
                "seed": plan.seed,
                "notes": str(self._notes(name)),
            }
            self._commands[name] = [sys.executable, "-m", "docr.simulated_nodes", json.dumps(told)]
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        """Starts a part, or starts it again."""
        with (self._folder / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                self._commands[name],
                env=self._env,
                stdout=log,
                stderr=log,
                preexec_fn=end_with_parent,  # noqa: PLW1509 - allocates nothing
            )

    def start_services(self) -> None:
        """All but the nodes."""
        for name in self._commands:
            if name not in self._groups:
                self.start(name)

    def start_nodes(self) -> None:
        for name in self._groups:
            self.start(name)

    def kill(self, name: str) -> None:
        """Ends a part as a power cut would; it is missed no more."""
        process = self._running.pop(name)
        process.kill()
        process.wait()

    def kill_group(self) -> int:
        """Kills one process of nodes; how many these were."""
        name = next(reversed(self._groups))
        self.kill(name)
        return self._groups[name]

    def check(self) -> None:
        """Raises: BrokerUnavailable if one of them has ended: nothing can be measured then."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise BrokerUnavailable(
                    f"part {name!r} of the measurement ended with exit code {process.returncode}; "
                    "see that this machine can run 'docr up', and has memory and open files "
                    "(ulimit -n) for so many nodes, then try again"
                )

    def core_seconds(self) -> dict[str, CoreSeconds]:
        """Until now, by kind of part: broker, ingest, aggregator, nodes; of those that run."""
        found: dict[str, CoreSeconds] = {}
        for name, process in self._running.items():
            kind = name.split()[0]
            own = psutil.Process(process.pid).cpu_times()
            was = found.get(kind, CoreSeconds(tree=0.0, loop=0.0))
            found[kind] = CoreSeconds(
                tree=was.tree + Tree(pid=process.pid).cpu_s(), loop=was.loop + own.user + own.system
            )
        return found

    def memory_mb(self) -> dict[str, float]:
        """Resident now, by kind of part, of 2^20 bytes; shared pages count in each process."""
        found: dict[str, float] = {}
        for name, process in self._running.items():
            kind = name.split()[0]
            for each in Tree(pid=process.pid).processes():
                found[kind] = found.get(kind, 0.0) + each.memory_info().rss / _MB
        return found

    def broker_state(self) -> BrokerState:
        """Raises: BrokerUnavailable."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self._monitor}/varz", timeout=10
            ) as answer:
                told: dict[str, Any] = json.load(answer)
        except (OSError, urllib.error.URLError) as wrong:
            raise BrokerUnavailable(
                f"the broker of the measurement does not tell how it is ({wrong})"
            ) from wrong
        return BrokerState(
            connections=told["connections"],
            subscriptions=told["subscriptions"],
            messages=told["in_msgs"] + told["out_msgs"],
            memory_mb=told["mem"] / _MB,
        )

    def taken_pages(self) -> list[TakenPage]:
        """All that any node has read, in the order in which they were taken."""
        return taken_pages(self._notes(name) for name in self._groups)

    def stop(self) -> None:
        """Ends what runs, the broker last."""
        rest = [each for name, each in self._running.items() if name != BROKER]
        for processes in (rest, [self._running[BROKER]] if BROKER in self._running else []):
            for process in processes:
                process.terminate()
            for process in processes:
                try:
                    process.wait(_END_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def _notes(self, name: str) -> Path:
        return self._folder / f"{name}.pages"


@contextmanager
def running_system(commands: Commands, folder: Path, plan: FleetPlan) -> Iterator[System]:
    """Not started yet; ends what was started in it."""
    system = System(commands, folder, plan)
    try:
        yield system
    finally:
        system.stop()
