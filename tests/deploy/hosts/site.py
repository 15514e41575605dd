"""Some bare hosts, the operator's files, and deploy.sh as the operator runs it."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import pikepdf
import yaml

from tests.deploy.hosts.base_system import ROOT, base_system, wheelhouse
from tests.deploy.hosts.host import BareHost, remove_all_cgroups
from tests.deploy.hosts.network import OPERATOR, make_switch, remove_all
from tests.waiting import block_until

_BOOT_S: Final = 60.0
_DEPLOY: Final = ROOT / "deploy" / "deploy.sh"


class TestSite(AbstractContextManager["TestSite"]):
    """`folder`: where hosts and the operator have their files; all is removed at the end."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.checkout = folder / "checkout"
        self.hosts: dict[str, BareHost] = {}
        self._made = 0
        self._users: dict[str, str] = {}
        self._base = base_system()
        self._wheelhouse = wheelhouse()

    def __enter__(self) -> Self:
        remove_all()
        remove_all_cgroups()
        # Its own environment comes from a package index, which hosts cannot reach.
        subprocess.run([str(_DEPLOY), "--help"], check=True, capture_output=True)
        make_switch()
        self._make_key("operator_key")
        self._copy_checkout()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for host in self.hosts.values():
            host.stop()
        remove_all()
        remove_all_cgroups()
        shutil.rmtree(self.folder, ignore_errors=True)

    def host(self, name: str, *, small_opt_mb: int = 0, packages: bool = True) -> BareHost:
        """A new one, running. `packages`: its package mirror has Python."""
        # One that is gone keeps its number: its end of the cable stays in the switch.
        self._made += 1
        made = BareHost(
            name,
            self._made,
            base=self._base,
            folder=self.folder,
            small_opt_mb=small_opt_mb,
        )
        self.hosts[name] = made
        own = self._make_key(f"{name}_host_key")
        made.write("/etc/ssh/ssh_host_ed25519_key", own.read_text(), 0o600)
        public = (self.folder / "operator_key.pub").read_text()
        made.write("/root/.ssh/authorized_keys", public, 0o600)
        made.write("/etc/hostname", f"{name}\n")
        if not packages:
            made.write("/etc/apt/sources.list", "")
        self.boot(made)
        return made

    def forbid_root(self, name: str) -> None:
        """From now on deploy.sh comes to this host as a user who may use sudo."""
        user = "deployer"
        self._users[name] = user
        self.hosts[name].run(
            f"useradd -m -s /bin/sh {user} && install -d -o {user} -m 700 /home/{user}/.ssh "
            f"&& install -o {user} -m 600 /root/.ssh/authorized_keys /home/{user}/.ssh/ "
            f"&& rm /root/.ssh/authorized_keys "
            f"&& echo '{user} ALL=(ALL) NOPASSWD:ALL' >/etc/sudoers.d/{user}"
        )

    @staticmethod
    def boot(host: BareHost) -> None:
        """Until sshd runs."""
        host.start()
        block_until(host.is_up, f"{host.name} boots", _BOOT_S)

    def inventory(
        self,
        roles: Mapping[str, list[str]],
        *,
        ssh_of: Mapping[str, dict[str, str]] | None = None,
        more_hosts: Sequence[dict[str, Any]] = (),
        store_gb: int = 2,
    ) -> Path:
        """Written to a file. `roles`, `ssh_of`: by host; `more_hosts`: that are none of ours."""
        own_ssh = {name: {"user": user} for name, user in self._users.items()}
        own_ssh.update(ssh_of or {})
        told = {
            "credentials": "./credentials",
            "wheelhouse": str(self._wheelhouse),
            "ssh": {"user": "root", "key": "./operator_key", "known_hosts": "./known_hosts"},
            "hosts": [
                *(
                    {
                        "name": host,
                        "address": self.hosts[host].address,
                        "roles": each,
                        "ssh": own_ssh.get(host, {}),
                    }
                    for host, each in roles.items()
                ),
                *more_hosts,
            ],
            # Of 2 cores that all hosts share.
            "settings": {"STORE_GB": store_gb, "MAX_CPU_CORES": 1, "MAX_RAM_GB": 4},
        }
        path = self.folder / "inventory.yaml"
        path.write_text(yaml.safe_dump(told))
        return path

    def document(self, name: str, pages: int) -> Path:
        """A PDF of so many pages that are to be read, all alike."""
        letter = pikepdf.Pdf.open(ROOT / "samples" / "scanned-letter.pdf")
        many = pikepdf.Pdf.new()
        for _ in range(pages):
            many.pages.append(letter.pages[0])
        many.save(self.folder / name)
        return self.folder / name

    def deploy(
        self, inventory: Path, *options: str, checkout: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """What it said, errors among it, and its exit code."""
        return subprocess.run(
            self.deploying(inventory, *options, checkout=checkout),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=900,
            check=False,
        )

    def deploying(self, inventory: Path, *options: str, checkout: Path | None = None) -> list[str]:
        """The command."""
        script = (checkout or self.checkout) / "deploy" / "deploy.sh"
        return self.as_operator(str(script), str(inventory), *options)

    def _copy_checkout(self) -> None:
        """What is released stays as it is while the tests run."""
        told = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        for name in told.stdout.split("\0"):
            if name and not name.startswith(("tests/", "docs/")) and (ROOT / name).is_file():
                (self.checkout / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, self.checkout / name)
        (self.checkout / ".deploy-venv").symlink_to(ROOT / ".deploy-venv")

    @staticmethod
    def as_operator(*command: str) -> list[str]:
        """The command, where only the hosts can be reached."""
        return ["ip", "netns", "exec", OPERATOR, *command]

    def _make_key(self, name: str) -> Path:
        path = self.folder / name
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)],
            check=True,
            capture_output=True,
        )
        return path
