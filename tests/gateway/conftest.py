"""A running system with a gateway, which all tests of a worker share, and clients of it."""

import contextlib
import itertools
import json
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.docr.commands import start_docr
from tests.gateway.collector import Collector
from tests.nats_server import NatsServer
from tests.waiting import block_until

# Known to all services of the system, but to those that a test gives none.
SECRET_KEY = "of these tests, and no other"  # noqa: S105
Open = Callable[..., "subprocess.Popen[bytes]"]


class System:
    """A broker, and services against it. `start` returns once the service is at work."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder  # of all that its processes write
        self._numbers = itertools.count(1)
        self._services: dict[int, tuple[subprocess.Popen[bytes], Path]] = {}
        self.broker = NatsServer(folder / "broker")

    def start(self, command: str, **settings: str) -> "subprocess.Popen[bytes]":
        own = self.folder / f"{command}-{next(self._numbers)}"
        own.mkdir()
        known = {
            "NATS_URL": self.broker.url,
            "PAGE_LEASE_SECONDS": "2",
            "SUBMISSION_LEASE_SECONDS": "2",
            "STORE_GB": "2",
            "OCR_SECRET_KEY": SECRET_KEY,
            "MAX_CPU_CORES": "1",
            "WORKER_PORT": "0",
            "COORDINATOR_PORT": "0",
        }
        process = start_docr(command, folder=own, **(known | settings))
        self._services[process.pid] = (process, own)
        block_until(
            lambda: process.poll() is not None or "service started" in self.log_of(process),
            f"{command} to have begun",
            40.0,
        )
        return process

    def log_of(self, process: "subprocess.Popen[bytes]") -> str:
        return (self._services[process.pid][1] / "output").read_text()

    def log_lines(self) -> list[dict[str, Any]]:
        """What all services that run have logged."""
        logs = [self.log_of(process) for process, _ in self._services.values()]
        lines = [line for log in logs for line in log.splitlines()]
        return [json.loads(line) for line in lines if line.startswith("{")]

    def address_of(self, gateway: "subprocess.Popen[bytes]") -> str:
        """Where a gateway listens, out of its log."""

        def said() -> list[str]:
            lines = self.log_of(gateway).splitlines()
            return [json.loads(each)["address"] for each in lines if "gateway listens" in each]

        block_until(lambda: bool(said()) or gateway.poll() is not None, "a gateway", 30.0)
        assert gateway.poll() is None, self.log_of(gateway)[-2000:]
        return said()[-1]

    def forget(self, process: "subprocess.Popen[bytes]") -> None:
        """One that has ended is none of ours any more."""
        del self._services[process.pid]

    def stop(self, *processes: "subprocess.Popen[bytes]") -> None:
        """Ends services, all without names; each must end well."""
        ending = processes or tuple(each for each, _ in self._services.values())
        for process in ending:
            process.terminate()
        for process in ending:
            try:
                code = process.wait(20)
            finally:
                process.kill()
                process.wait()
            assert code in {0, -9}, self.log_of(process)[-2000:]
            self.forget(process)


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    """Where the system tells its spans."""
    with Collector() as collector:
        yield collector


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[System]:
    """The system that all tests of one xdist worker share: engine echo, 20 ms a page."""
    system = System(tmp_path_factory.mktemp("system"))
    with system.broker, contextlib.ExitStack() as stack:
        stack.callback(system.stop)
        for service in ("ingest", "aggregator"):
            system.start(service, **collector.settings)
        system.start("node", **collector.settings, OCR_ECHO_DELAY_MS="20")
        yield system


@pytest.fixture(scope="session")
def address(system: System, collector: Collector) -> str:
    """Where its gateway listens."""
    return system.address_of(system.start("gateway", **collector.settings))


@pytest.fixture
async def http(address: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of it."""
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        yield client


@pytest.fixture
def gateway(system: System) -> Iterator[Open]:
    """Starts further gateways with settings of their own, for one test."""
    started = []

    def one(**settings: str) -> "subprocess.Popen[bytes]":
        started.append(system.start("gateway", **settings))
        return started[-1]

    yield one
    for process in started:
        # One that ended by itself is the test's affair.
        if process.poll() is None:
            system.stop(process)
        else:
            system.forget(process)
