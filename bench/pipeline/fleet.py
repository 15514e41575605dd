"""A broker and each service in a process of its own, and the core seconds that each has used."""

import json
import os
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from bench.process_tree import Tree
from contracts.errors import BrokerUnavailable
from guard.parent_death import end_with_parent

_END_S: Final = 20.0


@dataclass(frozen=True, kw_only=True)
class Commands:
    """What is started. `server`: a nats-server, without its port, and `server_environment` what it
    finds there unless this process has it; `docr`: the command itself."""

    server: Sequence[str]
    docr: str
    server_environment: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class CoreSeconds:
    """User and system CPU of a service so far. `tree`: with all its children; `loop`: of the
    process itself, whose one event loop is what a second such process would double."""

    tree: float
    loop: float


@dataclass(frozen=True, kw_only=True)
class RunningFleet:
    """The processes of one system. `url`: of its broker."""

    url: str
    processes: Mapping[str, "subprocess.Popen[bytes]"]

    def trees(self) -> list[Tree]:
        """Each process with its children."""
        return [Tree(pid=process.pid) for process in self.processes.values()]

    def core_seconds(self) -> dict[str, CoreSeconds]:
        """Of each service by name, until now."""
        found = {}
        for name, process in self.processes.items():
            own = psutil.Process(process.pid).cpu_times()
            tree = Tree(pid=process.pid).cpu_s()
            found[name] = CoreSeconds(tree=tree, loop=own.user + own.system)
        return found

    def check(self) -> None:
        """Raises: BrokerUnavailable if one of them has ended: nothing can be measured then."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                raise BrokerUnavailable(
                    f"the {name} of the measurement ended with exit code {process.returncode}; "
                    "see that this machine can run 'docr up', then try again"
                )


@contextmanager
def running_fleet(
    commands: Commands, folder: Path, *, engine: str, engines: int
) -> Iterator[RunningFleet]:
    """Broker, ingest, one node process with so many engines, and aggregator, with their store in
    `folder`; ends them."""
    port = free_port()
    store = folder / "store"
    store.mkdir()
    env = {
        **commands.server_environment,
        **os.environ,
        "NATS_URL": f"nats://127.0.0.1:{port}",
        "NATS_STORE_DIR": json.dumps(str(store)),
        "OCR_ENGINE": engine,
        "OCR_ECHO_DELAY_MS": "0",
        "MAX_CPU_CORES": str(engines),
        "WORKER_PORT": "0",
        "STORE_GB": "16",
        "LOG_LEVEL": "error",
        "TEMP_DIR": str(folder / "temp"),
    }
    started = {
        "broker": [*commands.server, "-p", str(port)],
        **{name: [commands.docr, name] for name in ("ingest", "node", "aggregator")},
    }
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command in started.items():
            with (folder / f"{name}.log").open("wb") as log:
                processes[name] = subprocess.Popen(
                    command,
                    env=env,
                    stdout=log,
                    stderr=log,
                    preexec_fn=end_with_parent,  # noqa: PLW1509 - allocates nothing
                )
        yield RunningFleet(url=env["NATS_URL"], processes=processes)
    finally:
        for process in reversed(processes.values()):
            process.terminate()
        for process in reversed(processes.values()):
            try:
                process.wait(_END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def spent(
    before: Mapping[str, CoreSeconds], after: Mapping[str, CoreSeconds]
) -> dict[str, CoreSeconds]:
    """What each part has used between the two."""
    return {
        name: CoreSeconds(
            tree=now.tree - before[name].tree,
            loop=now.loop - before[name].loop,
        )
        for name, now in after.items()
    }
