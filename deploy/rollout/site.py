"""All hosts of an inventory: connections, several hosts at a time, and who is left out after a
failure."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from deploy.rollout.account import Account
from deploy.rollout.inventory import Host, Inventory
from deploy.rollout.remote import Connection
from deploy.rollout.step import Worker
from deploy.rollout.wrong import StepFailed

# Each sends a release, and the line of who runs this is shared.
_AT_A_TIME: Final = 8


class Halted(Exception):
    """A host without which the system cannot be has failed; it has been told."""


class Site(AbstractContextManager["Site"]):
    """`check`: nothing is changed anywhere."""

    def __init__(
        self, inventory: Inventory, hosts: Iterable[Host], account: Account, *, check: bool
    ) -> None:
        self._account = account
        self._stopping = False
        # Short, since the path of a socket may have 108 bytes.
        self._sockets = Path(tempfile.mkdtemp(prefix="docr-", dir="/tmp"))
        self._connections = {
            host.name: Connection(host, inventory.ssh_of(host), folder=self._sockets)
            for host in hosts
        }
        self._workers = {
            host.name: Worker(host, self._connections[host.name], account, check=check)
            for host in hosts
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()
        shutil.rmtree(self._sockets, ignore_errors=True)

    def _close(self) -> None:
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            list(pool.map(Connection.close, self._connections.values()))

    @property
    def workers(self) -> list[Worker]:
        """Of the hosts that have not failed, in the inventory's order."""
        return list(self._workers.values())

    def each(
        self,
        work: Callable[[Worker], None],
        workers: Iterable[Worker],
        *,
        at_a_time: int = _AT_A_TIME,
        go_on: bool = True,
    ) -> None:
        """Does the work on each host; one that fails is left out from now on.

        Raises: Halted after a failure of a host that is more than a node, or, unless `go_on`, of
        any.
        """
        failed: list[Worker] = []
        halt = False

        def done(worker: Worker) -> None:
            nonlocal halt
            if halt or self._stopping:
                return
            try:
                work(worker)
            except StepFailed as failure:
                if self._stopping:
                    return
                self._account.failed(failure)
                failed.append(worker)
                halt = halt or not go_on

        with ThreadPoolExecutor(at_a_time) as pool:
            try:
                list(pool.map(done, workers))
            except KeyboardInterrupt:
                # What runs on the hosts is not waited for: its connection goes away.
                self._stopping = True
                self._close()
                raise
        for worker in failed:
            del self._workers[worker.host.name]
        if halt or any(worker.host.roles != ("node",) for worker in failed):
            raise Halted

    def one_of(self, work: Callable[[Worker], None]) -> Worker:
        """Does the work on the first host, in the inventory's order, on which it can be done; that
        others before it could not is told, and is no failure. Returns who could.

        Raises: Halted if there is none.
        """
        failures: list[StepFailed] = []
        for worker in self.workers:
            try:
                work(worker)
            except StepFailed as failure:
                failures.append(failure)
            else:
                for each in failures:
                    self._account.line(
                        each.host, each.step, f"failed; {worker.host.name} was asked in its place"
                    )
                return worker
        for each in failures:
            self._account.failed(each)
        raise Halted


def timed(account: Account, what: str) -> "_Timed":
    """Tells when something on this machine begins and how long it took."""
    return _Timed(account, what)


class _Timed:
    def __init__(self, account: Account, what: str) -> None:
        self._account = account
        self._what = what

    def __enter__(self) -> None:
        self._began = time.monotonic()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            took_s = time.monotonic() - self._began
            self._account.line("this machine", self._what, f"done in {took_s:.1f} s")
