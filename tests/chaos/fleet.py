"""The system under test: a broker, eight services, and a link of its own for each of them."""

import asyncio
import os
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.chaos.brokers import alone, member, write_config
from tests.chaos.links import Links, Routes
from tests.chaos.process import Ending, Supervised
from tests.chaos.schedule import BROKER, BROKERS, DOORS, SERVICES
from tests.docr.commands import DOCR
from tests.running_services import free_port
from tests.waiting import wait_until

_MARK: Final = "DOCR_CHAOS_RUN"
# What the roof and the services say when they did not see something coming.
_UNFORESEEN: Final = ("docr: unforeseen", "Traceback (most recent call last)", "never retrieved")


class Fleet:
    """Starts everything in `folder`; an async context manager that ends everything.

    `cluster`: of three brokers. `max_retries`: attempts at a page. `page_lease_s`: the pages'
    ack_wait; freezes are longer.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clock: Callable[[], float],
        store_gb: int = 1,
        max_retries: int = 10,
        page_lease_s: float = 5.0,
        echo_delay_ms: int = 120,
        cluster: bool = False,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._store_gb = store_gb
        self._max_retries = max_retries
        self._settings = {
            "OCR_ENGINE": "echo",
            "OCR_ECHO_DELAY_MS": str(echo_delay_ms),
            "PAGE_LEASE_SECONDS": str(page_lease_s),
            "MAX_RETRIES": str(max_retries),
            "RETRY_DELAY_SECONDS": "1",
            "DEFAULT_DPI": "72",
            "WORKER_PORT": "0",
            "RATE_JOBS_PER_MINUTE": "0",
            "RATE_MB_PER_MINUTE": "0",
            "STORE_GB": str(store_gb),
            "MAX_CPU_CORES": "1",
            "LOG_LEVEL": "info",
            "NATS_REPLICAS": "3" if cluster else "1",
        }
        self._ports = {name: free_port() for name in (BROKERS if cluster else (BROKER,))}
        self._cluster_ports = {name: free_port() for name in BROKERS} if cluster else {}
        self._http_port = free_port()
        self._stack = AsyncExitStack()
        self.links: dict[str, Links] = {}
        self.routes = Routes(ports=self._cluster_ports)
        self.processes: dict[str, Supervised] = {}

    @property
    def url(self) -> str:
        """The broker itself, or all three, past every link."""
        return ",".join(f"nats://127.0.0.1:{port}" for port in self._ports.values())

    @property
    def http_url(self) -> str:
        """The gateway."""
        return f"http://127.0.0.1:{self._http_port}"

    @property
    def max_retries(self) -> int:
        return self._max_retries

    async def __aenter__(self) -> Self:
        try:
            await self._start_brokers()
            for name in (*SERVICES, DOORS):
                link = Links(target_ports=list(self._ports.values()))
                self.links[name] = await self._stack.enter_async_context(link)
            for name in SERVICES:
                await self._start_service(name)
            for name in SERVICES:
                await wait_until(self.processes[name].has_started, f"{name} to start", 60.0)
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Ends the services, their links, and the broker last."""
        services = [each for name, each in self.processes.items() if name not in self._ports]
        # An interrupted run leaves faults behind; nobody says goodbye through a cut link.
        for link in self.links.values():
            link.heal()
        for process in self.processes.values():
            process.thaw()
        try:
            await asyncio.gather(*(process.stop() for process in services))
        finally:
            brokers = [self.processes[name] for name in self._ports if name in self.processes]
            await asyncio.gather(*(broker.stop() for broker in brokers))
            await self._stack.aclose()

    async def _start_brokers(self) -> None:
        write_config(self._folder, store_gb=self._store_gb)
        await self._stack.enter_async_context(self.routes)
        for name, port in self._ports.items():
            broker = (
                member(
                    self._folder, name, port=port, cluster_port=self._cluster_ports[name],
                    routes=self.routes.from_(name),
                )
                if self._cluster_ports
                else alone(self._folder, name, port=port)
            )  # fmt: skip
            await self._start(name, broker.command, broker.settings)
        await wait_until(self._brokers_listen, "nats-server to listen", 15.0)

    async def _start_service(self, name: str) -> None:
        folder = self._folder / name
        await self._start(
            name,
            [str(DOCR), name.partition("-")[0]],
            {
                **self._settings,
                "NATS_URL": self.links[name].url,
                "WORKER_NAME": name,
                "COORDINATOR_PORT": str(self._http_port),
                "TEMP_DIR": str(folder / "temp"),
            },
        )

    async def _start(self, name: str, command: list[str], settings: dict[str, str]) -> None:
        process = Supervised(
            name,
            command,
            folder=self._folder / name,
            # Not measured: coverage would take as much of the machine as the system does.
            environment={**_unmeasured(), **settings, _MARK: str(self._folder)},
            clock=self._clock,
        )
        self.processes[name] = process
        await process.start()

    def _brokers_listen(self) -> bool:
        return all(_listens(port) for port in self._ports.values())

    @property
    def surprises(self) -> list[Ending]:
        """Processes that ended by themselves."""
        return [ending for process in self.processes.values() for ending in process.surprises]

    def unforeseen(self) -> list[str]:
        """What services said of errors that nobody foresaw, in sentences."""
        return [
            f"{name} said {count} times: {words}"
            for name in SERVICES
            for words in _UNFORESEEN
            if (count := self.processes[name].output.count(words))
        ]

    def left_behind(self) -> list[str]:
        """After the end: processes and temporary folders that are still there, in sentences."""
        mark = f"{_MARK}={self._folder}".encode()
        left = [
            f"{name} did not end within 15 s of SIGTERM"
            for name, process in self.processes.items()
            if process.stubborn
        ]
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal() and int(entry.name) != os.getpid():
                try:
                    environment = (entry / "environ").read_bytes().split(b"\0")
                    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                except OSError:
                    continue
                if mark in environment:
                    left.append(f"process {entry.name} outlived its service: {command.strip()}")
        left += [
            f"{path.parent.parent.name} left its temporary folder {path.name}"
            for name in SERVICES
            for path in (self._folder / name / "temp").glob("*")
        ]
        return left


def _unmeasured() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}


def _listens(port: int) -> bool:
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) == 0
