"""What deploy.sh does, in order: reach, prepare, start role by role, verify."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from deploy.rollout.account import Account
from deploy.rollout.brokers import Brokers
from deploy.rollout.host_files import unit_of
from deploy.rollout.host_steps import Goal
from deploy.rollout.inventory import ROLES, ROLES_GOING_BACK, Host, Role
from deploy.rollout.site import Halted, Site
from deploy.rollout.step import Step, Worker
from deploy.rollout.verification import verify
from deploy.rollout.wrong import StepFailed

_OTHER: Final = "another release runs"


class Deployment:
    """Of one goal on the hosts of a site. `check`: nothing is changed."""

    def __init__(self, goal: Goal, site: Site, account: Account, *, check: bool) -> None:
        self._goal = goal
        self._site = site
        self._account = account
        self._check = check

    def install(self, *, upgrade: bool) -> None:
        """Brings all hosts to the goal; another release only with `upgrade`. Raises: Halted."""
        self._site.each(Worker.reach, self._site.workers)
        if not upgrade:
            self._site.each(self._refuse_other_release, self._site.workers)
        self._site.each(self._prepare, self._site.workers)
        self._start(go_on=not upgrade)
        if not self._check:
            verify(self._site, self._goal.inventory, self._goal.credentials, self._account)
            self._site.each(_remove_old_releases, self._site.workers)

    def go_back(self) -> None:
        """To the release before. Raises: Halted."""
        self._site.each(Worker.reach, self._site.workers)
        self._goal = replace(self._goal, release=None, release_name=self._release_before())
        self._account.say(f"Back to release {self._goal.release_name}.")
        self._start(go_on=False, roles=ROLES_GOING_BACK)
        if not self._check:
            verify(self._site, self._goal.inventory, self._goal.credentials, self._account)

    def add_node(self, brokers: Site) -> None:
        """`brokers`: their hosts, of which one must answer, and run the goal's release. Raises:
        Halted."""
        reached = brokers.one_of(Worker.reach)
        self._site.each(Worker.reach, self._site.workers)
        brokers.each(self._refuse_other_release, [reached])
        self.install(upgrade=True)

    def remove_node(self) -> None:
        """The node ends in good order; a host without another role is left as it was before.

        Raises: Halted.
        """
        self._site.each(Worker.reach, self._site.workers)
        self._site.each(_remove_node, self._site.workers)

    def _prepare(self, worker: Worker) -> None:
        for step in self._goal.preparing(worker.host):
            worker.do(step)

    def _start(self, *, go_on: bool, roles: Iterable[Role] = ROLES) -> None:
        """Role by role, nodes one after the other."""
        switched: set[str] = set()

        def switch(worker: Worker) -> None:
            if worker.host.name not in switched:
                switched.add(worker.host.name)
                for step in self._goal.switching(worker.host):
                    worker.do(step)

        def start(worker: Worker, role: Role) -> None:
            switch(worker)
            worker.do(self._goal.starting(worker.host, role))

        brokers = Brokers(self._goal, self._site, self._account, check=self._check)
        for role in roles:
            workers = [each for each in self._site.workers if role in each.host.roles]
            if role == "broker":
                self._site.each(switch, workers, go_on=go_on)
                brokers.bring(workers)
                continue
            self._site.each(
                lambda worker, role=role: start(worker, role),  # type: ignore[misc]
                workers,
                at_a_time=self._goal.inventory.nodes_at_a_time if role == "node" else 1,
                go_on=go_on,
            )

    def _refuse_other_release(self, worker: Worker) -> None:
        runs = _releases(worker)["current"]
        if runs not in ("", self._goal.release_name):
            raise StepFailed(
                host=worker.host.name,
                step="release",
                lines=[f"{_OTHER}: {runs}, and this checkout is {self._goal.release_name}"],
                remedy="run deploy.sh --upgrade, or use the checkout of the release that runs",
            )

    def _release_before(self) -> str:
        """That of the first host that an upgrade switches."""
        by_role = [each for role in ROLES for each in self._site.workers if role in each.host.roles]
        found = ""

        def look(worker: Worker) -> None:
            nonlocal found
            found = _releases(worker)["previous"]
            if not found:
                raise StepFailed(
                    host=worker.host.name,
                    step="switch",
                    lines=["there is no release before this one"],
                    remedy="install the one you want from its own checkout, with --upgrade",
                )

        self._site.each(look, by_role[:1], go_on=False)
        return found


def hosts_of(hosts: Iterable[Host], name: str) -> list[Host]:
    """The host of that name or address."""
    return [host for host in hosts if name in (host.name, host.address)]


def _releases(worker: Worker) -> dict[str, str]:
    """By `current` and `previous`; empty where there is none."""
    told = worker.ask("reach", "state.sh")
    found = dict(each.split(" ", 1) for each in told.split("; ") if " " in each)
    return {name: found.get(name, "").strip() for name in ("current", "previous")}


def _remove_old_releases(worker: Worker) -> None:
    worker.do(Step(name="old releases", script="old_releases.sh"))


def _remove_node(worker: Worker) -> None:
    worker.do(Step(name="no node", script="no_service.sh", variables={"UNIT": unit_of("node")}))
    if worker.host.roles == ("node",):
        worker.do(Step(name="remove", script="nothing.sh"))


__all__ = ["Deployment", "Halted", "hosts_of"]
