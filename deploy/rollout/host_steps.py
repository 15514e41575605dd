"""The steps of one host, as data: what is sent, what is looked at, what is done."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from deploy.rollout.broker_files import MONITOR_PORT, store_gb_of
from deploy.rollout.credentials import Credentials
from deploy.rollout.host_file import HostFile, configuration_of, reloaded_of
from deploy.rollout.host_files import files_of, unit_of, unwanted_of
from deploy.rollout.inventory import ROLES, Host, Inventory, Role
from deploy.rollout.release import Release
from deploy.rollout.step import Step

# 600 MB of packages, and 210 MB of wheels while they are installed.
_RELEASE_MB: Final = 1200


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What all hosts are to be brought to. `release`: None on the way back to one that is there."""

    inventory: Inventory
    credentials: Credentials
    release: Release | None
    release_name: str

    def preparing(self, host: Host) -> Iterator[Step]:
        """What can be done while the services run as they did."""
        if self.release is None:
            return
        common = {"PYTHON": host.python or "", "RELEASE": self.release_name}
        is_broker = "broker" in host.roles
        yield Step(
            name="room",
            script="room.sh",
            variables={
                **common,
                "NEEDED_MB": str(_RELEASE_MB),
                "STORE_GB": str(store_gb_of(self.inventory)) if is_broker else "",
                "BROKERS": str(len(self.inventory.brokers)),
            },
        )
        yield Step(
            name="python",
            script="python.sh",
            variables=common,
            remedy="see that this host reaches its package mirror ('apt-get update'), or install "
            "the packages named above by hand; then run deploy.sh again",
        )
        yield Step(name="user", script="user.sh")
        sent = {"release": self.release.folder}
        if self.inventory.wheelhouse is not None:
            sent["wheelhouse"] = self.inventory.wheelhouse
        yield Step(
            name="release",
            script="release.sh",
            variables={
                **common,
                "PACKAGES": self.release.packages,
                "OFFLINE": "yes" if "wheelhouse" in sent else "no",
            },
            folders=sent,
            remedy="for a package that cannot be fetched, give this host a way to a package index, "
            "or use --wheelhouse DIR (deploy/README.md); then run deploy.sh again",
        )
        if self.inventory.models is not None:
            yield Step(
                name="models",
                script="models.sh",
                variables={"MODELS": self._models_name or ""},
                folders={"models": self.inventory.models},
            )

    def switching(self, host: Host) -> Iterator[Step]:
        """Settings and release that services get at their next start; roles that went away."""
        for role in ROLES:
            if role not in host.roles:
                yield Step(
                    name=f"no {role}", script="no_service.sh", variables={"UNIT": unit_of(role)}
                )
        files = self._files(host)
        yield Step(
            name="settings",
            script="files.sh",
            variables={
                "WANTED": "\n".join(f"{each.sha256} {each.mode} {each.path}" for each in files),
                "UNWANTED": " ".join(unwanted_of(host, files)),
            },
            files={each.path: each.text for each in files},
        )
        yield Step(
            name="switch",
            script="switch.sh",
            variables={
                "RELEASE": self.release_name,
                "UNITS": " ".join(unit_of(role) for role in host.roles),
            },
        )

    def starting(self, host: Host, role: Role) -> Step:
        """The service runs, with these settings and this release."""
        files = self._files(host)
        return Step(
            name=role,
            script="service.sh",
            variables={
                "UNIT": unit_of(role),
                "RELEASE": self.release_name,
                "NATS_VERSION": "" if self.release is None else self.release.nats_version,
                "CONFIGURATION": configuration_of(files, role),
                "RELOADED": reloaded_of(files, role),
                "BROKER": f"{host.address} {self.inventory.broker_port}",
            },
            remedy=f"see 'journalctl -u docr-{role}' on this host; deploy.sh --rollback goes back "
            "to the release before",
        )

    def caught_up(self) -> Step:
        """A broker that holds all that it should hold, and sees all others."""
        return Step(
            name="broker",
            script="broker_state.sh",
            variables={"BROKERS": str(len(self.inventory.brokers)), "MONITOR": str(MONITOR_PORT)},
            remedy="see 'journalctl -u docr-broker' on this host; brokers need ports "
            f"{self.inventory.broker_port} and {self.inventory.cluster_port} of each other. No "
            "other broker was stopped: once this one is well, run deploy.sh again",
        )

    def _files(self, host: Host) -> list[HostFile]:
        return files_of(self.inventory, host, self.credentials, models=self._models_name)

    @property
    def _models_name(self) -> str | None:
        if self.inventory.models is None:
            return None
        found = hashlib.sha256()
        for path in sorted(each for each in self.inventory.models.rglob("*") if each.is_file()):
            # By size, not by content: gigabytes are not read for each look.
            found.update(
                f"{path.relative_to(self.inventory.models)} {path.stat().st_size}\n".encode()
            )
        return found.hexdigest()[:10]
