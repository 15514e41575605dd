"""Brokers are brought to what they should be so that never more than one of several is away."""

from typing import Final

from deploy.rollout.account import Account
from deploy.rollout.host_steps import Goal
from deploy.rollout.site import Site
from deploy.rollout.step import Worker
from deploy.rollout.verification import make_streams

_RESTART: Final = "restart"


class Brokers:
    """Of a goal, on the hosts of a site whose files are in place. `check`: nothing is changed."""

    def __init__(self, goal: Goal, site: Site, account: Account, *, check: bool) -> None:
        self._goal = goal
        self._site = site
        self._account = account
        self._check = check

    def bring(self, workers: list[Worker]) -> None:
        """One that does not run is started at once: several can only be ready together. Those that
        run are restarted one by one, each when all have what they should hold. Raises: Halted."""
        needs = {worker.host.name: self._need(worker) for worker in workers}
        self._site.each(
            self._start, [each for each in workers if _RESTART not in needs[each.host.name]]
        )
        for worker in workers:
            if _RESTART in needs[worker.host.name]:
                self._wait(workers)
                self._site.each(self._start, [worker])
        if self._check:
            self._site.each(self._tell, workers, at_a_time=1)
            return
        self._wait(workers)
        if self._goal.credentials.by_role:
            self._site.each(self._make_streams, workers[:1])

    def _need(self, worker: Worker) -> str:
        step = self._goal.starting(worker.host, "broker")
        return worker.ask(step.name, step.script, step.variables)

    def _start(self, worker: Worker) -> None:
        worker.do(self._goal.starting(worker.host, "broker"))

    def _wait(self, workers: list[Worker]) -> None:
        if self._goal.inventory.is_cluster and not self._check:
            self._site.each(self._wait_for, workers)

    def _wait_for(self, worker: Worker) -> None:
        told = worker.make(self._goal.caught_up()).strip()
        self._account.line(worker.host.name, "broker", told)

    def _tell(self, worker: Worker) -> None:
        step = self._goal.caught_up()
        told = worker.ask(step.name, step.script, step.variables)
        self._account.line(worker.host.name, "broker", told)

    def _make_streams(self, worker: Worker) -> None:
        make_streams(worker, self._goal.credentials, self._account)
