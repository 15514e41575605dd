"""The system under test: brokers, services, and a link of its own for each of those."""

import asyncio
import os
import shutil
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from broker.connection import BrokerAddress
from tests.chaos.brokers import broker_command, write_config
from tests.chaos.crew import DOORS, Crew
from tests.chaos.links import Links, Routes
from tests.chaos.process import NO_COMMAND, Ending, Supervised
from tests.docr.commands import DOCR
from tests.processes import returncode_of
from tests.running_services import free_port
from tests.waiting import wait_until

_MARK: Final = "DOCR_CHAOS_RUN"
# One machine stands for a dozen and their network. The links are in this process: waiting for a
# turn of the processor, they would be a network that loses everything for seconds at a time.
_LINKS_AHEAD: Final = 10
_BROKERS_AHEAD: Final = 5
# What the roof and the services say when they did not see something coming.
_UNFORESEEN: Final = ("docr: unforeseen", "Traceback (most recent call last)", "never retrieved")


class Fleet:
    """Starts everything in `folder`; an async context manager that ends everything.

    `max_retries`: attempts at a page. `page_lease_s`: the pages'
    ack_wait; freezes are longer.
    """

    def __init__(
        self,
        folder: Path,
        *,
        crew: Crew,
        clock: Callable[[], float],
        store_gb: int = 1,
        max_retries: int = 10,
        page_lease_s: float = 5.0,
        echo_delay_ms: int = 120,
    ) -> None:
        self._folder = folder
        self._crew = crew
        self._clock = clock
        self._niceness = os.getpriority(os.PRIO_PROCESS, 0)
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
            "NATS_REPLICAS": "3" if crew.cluster else "1",
        }
        if crew.secured:
            # Streams are made by `docr setup`; each service may do what its role may.
            self._settings |= {
                "OCR_TOPOLOGY": "check",
                "NATS_TLS_CA": str(self._ca_file),
            }
        self._ports = {name: free_port() for name in crew.brokers}
        self._cluster_ports = {name: free_port() for name in crew.brokers} if crew.cluster else {}
        self._http_ports = {
            name: free_port() for name in crew.services if name.startswith("gateway-")
        }
        self._ahead = False
        self._stack = AsyncExitStack()
        self.links: dict[str, Links] = {}
        self.routes = Routes(ports=self._cluster_ports)
        self.processes: dict[str, Supervised] = {}

    def address(self, user: str, *, link: str | None = None) -> BrokerAddress:
        """The broker itself, or all three, past every link or by one. `user`: of those that
        `docr credentials` makes, where the brokers ask."""
        url = (
            self.links[link].url
            if link is not None
            else ",".join(f"nats://127.0.0.1:{port}" for port in self._ports.values())
        )
        if not self._crew.secured:
            return BrokerAddress(url=url)
        return BrokerAddress(
            url=url.replace("nats://", "tls://"),
            credentials=str(self._folder / "users" / f"{user}.nk"),
            ca_file=self._ca_file,
        )

    @property
    def _ca_file(self) -> Path:
        return self._folder / "tls" / "ca.pem"

    @property
    def http_urls(self) -> tuple[str, ...]:
        """The gateways."""
        return tuple(f"http://127.0.0.1:{port}" for port in self._http_ports.values())

    @property
    def max_retries(self) -> int:
        return self._max_retries

    async def __aenter__(self) -> Self:
        self._ahead = _go_first(self._niceness, _LINKS_AHEAD)
        try:
            await self._start_brokers()
            await self._set_up()
            for name in (*self._crew.services, DOORS):
                link = Links(target_ports=list(self._ports.values()))
                self.links[name] = await self._stack.enter_async_context(link)
            for name in self._crew.services:
                await self._start_service(name)
            for name in self._crew.services:
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
            if self._ahead:
                os.setpriority(os.PRIO_PROCESS, 0, self._niceness)
            brokers = [self.processes[name] for name in self._ports if name in self.processes]
            await asyncio.gather(*(broker.stop() for broker in brokers))
            await self._stack.aclose()

    async def _start_brokers(self) -> None:
        if self._crew.secured:
            await self._docr("credentials", "--out", "users")
            shutil.copy(self._folder / "users" / "users.conf", self._folder)
        write_config(self._folder, store_gb=self._store_gb, crew=self._crew)
        await self._stack.enter_async_context(self.routes)
        for name, port in self._ports.items():
            broker = broker_command(
                self._folder,
                name,
                port=port,
                crew=self._crew,
                cluster_port=self._cluster_ports.get(name, 0),
                routes=self.routes.from_(name),
            )
            await self._start(
                name,
                broker.command,
                broker.settings,
                niceness=self._niceness - (_BROKERS_AHEAD if self._ahead else 0),
            )
        await wait_until(self._brokers_listen, "nats-server to listen", 15.0)

    async def _set_up(self) -> None:
        if self._crew.secured:
            await self._docr("setup", **self._settings, **self._access("operator"))

    def _access(self, user: str, *, link: str | None = None) -> dict[str, str]:
        address = self.address(user, link=link)
        return {"NATS_URL": address.url, "NATS_CREDS": address.credentials}

    async def _docr(self, *arguments: str, **settings: str) -> None:
        """A command, to its end."""
        code = await returncode_of(
            *("env", "-C", str(self._folder)),
            *(f"{name}={value}" for name, value in settings.items()),
            *(str(DOCR), *arguments),
        )
        if code != 0:
            raise RuntimeError(f"docr {' '.join(arguments)} ended with exit code {code}")

    async def _start_service(self, name: str) -> None:
        folder = self._folder / name
        role = name.partition("-")[0]
        await self._start(
            name,
            [str(DOCR), role],
            {
                **self._settings,
                **self._access(role, link=name),
                "WORKER_NAME": name,
                "COORDINATOR_PORT": str(self._http_ports.get(name, 0)),
                "TEMP_DIR": str(folder / "temp"),
            },
        )

    async def _start(
        self,
        name: str,
        command: list[str],
        settings: dict[str, str],
        *,
        niceness: int | None = None,
    ) -> None:
        process = Supervised(
            name,
            command,
            folder=self._folder / name,
            # Not measured: coverage would take as much of the machine as the system does.
            environment={**_unmeasured(), **settings, _MARK: str(self._folder)},
            clock=self._clock,
            niceness=self._niceness if niceness is None else niceness,
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
        """What nobody foresaw, in sentences: errors that services told of, and ends of processes
        but for that of a service that found no broker when it started."""
        told = [
            f"{name} said {count} times: {words}"
            for name in self._crew.services
            for words in _UNFORESEEN
            if (count := self.processes[name].output.count(words))
        ]
        ended = [
            f"{end.name} ended by itself at {end.at_s:.1f} s, with exit code {end.code}"
            for end in self.surprises
            if end.began or end.code not in {1, NO_COMMAND} or end.name in self._crew.brokers
        ]
        return [*told, *ended]

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
                    command = (
                        (entry / "cmdline")
                        .read_bytes()
                        .replace(b"\0", b" ")
                        .decode(errors="replace")
                    )
                except OSError:
                    continue
                if mark in environment:
                    left.append(f"process {entry.name} outlived its service: {command.strip()}")
        left += [
            f"{path.parent.parent.name} left its temporary folder {path.name}"
            for name in self._crew.services
            for path in (self._folder / name / "temp").glob("*")
        ]
        return left


def _go_first(niceness: int, by: int) -> bool:
    """Gives this process a priority over others; False where only root may."""
    try:
        os.setpriority(os.PRIO_PROCESS, 0, niceness - by)
    except PermissionError:
        return False
    return True


def _unmeasured() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}


def _listens(port: int) -> bool:
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) == 0
