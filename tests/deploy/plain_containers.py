"""What images and compose file say, done in plain folders: packages, files, environment, command,
health check, stop signal. A container's root is a folder, its ports are free ones of this machine.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, Final, Self

import yaml

from deploy.docker import locked
from tests.deploy.dockerfile import Stage, stages
from tests.deploy.tools import DEPLOY, ROOT
from tests.nats_server import find_binary

_PREFIX: Final = "/opt/distributed-ocr"
# Paths of a container that its image or compose file names.
_INSIDE: Final = (
    "/var/lib/docr",
    "/run/secrets",
    _PREFIX,
    "/usr/local/lib/docr",
    "/var/lib/nats",
    "/etc/nats",
)
_PACKAGES: Final = re.findall(
    r'"(\w+)"', re.findall(r"^packages = \[(.*)\]$", (ROOT / "pyproject.toml").read_text(), re.M)[0]
)
# Of each image the folder of its packages, once it is made.
_INSTALLED: Final[dict[str, Path]] = {}


def free_ports(*numbers: str) -> dict[str, str]:
    """For each port of a container one of this machine."""
    listeners = {number: socket.create_server(("127.0.0.1", 0)) for number in numbers}
    ports = {number: str(each.getsockname()[1]) for number, each in listeners.items()}
    for each in listeners.values():
        each.close()
    return ports


def read_compose(*files: str) -> dict[str, Any]:
    """What Compose makes of these files of deploy/: the first, and what the others change."""
    first, *others = (yaml.safe_load((DEPLOY / name).read_text()) for name in files)
    for other in others:
        first["secrets"] |= other["secrets"]
        for name, change in other["services"].items():
            service = first["services"][name]
            for key, value in change.items():
                if key == "environment":
                    service[key] = service[key] | value
                elif key == "secrets":
                    service[key] = [*service[key], *value]
                else:
                    service[key] = value
    found: dict[str, Any] = first
    return found


@dataclass
class PlainContainer:
    """A service of compose.yaml, in the folder `root`. A context manager that ends it."""

    service: dict[str, Any]
    secrets: dict[str, Path]  # files by the names in compose.yaml
    root: Path
    ports: dict[str, str]
    role: str = field(init=False)  # whose image it is
    stage: Stage = field(init=False)
    process: "subprocess.Popen[bytes]" = field(init=False)

    def __post_init__(self) -> None:
        self.role = self.service["build"]["target"]
        self.stage = stages()[self.role]
        for each in _INSIDE:
            (self.root / each[1:]).mkdir(parents=True, exist_ok=True)
        for each in self.service["secrets"]:
            shutil.copy(self.secrets[each["source"]], self.root / "run/secrets" / each["target"])
        for value in self.stage.all_of("COPY"):
            *sources, target = value.split()
            if not value.startswith("--from="):
                for source in sources:
                    text = self.here((ROOT / source).read_text()) if "nats" in target else None
                    into = self.root / target[1:] / Path(source).name
                    into.write_text(text or (ROOT / source).read_text())
        if self.role == "broker":
            return
        prefix = self.root / _PREFIX[1:]
        if self.role in _INSTALLED:
            # Containers of one image have the same files.
            prefix.rmdir()
            prefix.symlink_to(_INSTALLED[self.role])
            return
        _install(stages()[f"{self.role}-software"].lists(), prefix)
        self._run_steps()
        _INSTALLED[self.role] = prefix

    def here(self, text: str) -> str:
        """With paths, hosts and ports of this machine in place of the container's."""
        for path in _INSIDE:
            text = re.sub(rf"(?<![\w./]){path}", str(self.root / path[1:]), text)
        text = text.replace("0.0.0.0", "127.0.0.1").replace("broker:", "127.0.0.1:")  # noqa: S104
        for inside, outside in self.ports.items():
            text = re.sub(rf"\b{inside}\b", outside, text)
        return text

    def _run_steps(self) -> None:
        """What the image's stage runs beside the installation: models are fitted."""
        for step in stages().get(f"{self.role}-software", self.stage).all_of("RUN"):
            if "ocr_node.engines.fit_ahead" in step:
                command = self.here(step.partition("&&")[2].strip())
                subprocess.run(command.split(), check=True, stdout=subprocess.DEVNULL, timeout=120)

    def environment(self) -> dict[str, str]:
        """As the container's, and nothing of this process's."""
        given = self.stage.environment() | {
            name: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", str(value))
            for name, value in self.service.get("environment", {}).items()
        }
        known = {name: self.here(value) for name, value in given.items()}
        known |= {"COORDINATOR_PORT": self.ports["8000"], "WORKER_PORT": self.ports["8001"]}
        # For a small machine.
        return known | {"STORE_GB": "2", "MAX_CPU_CORES": "1"}

    def program(self, words: list[str]) -> list[str]:
        """A command of the container, as this machine has it."""
        name = words[0]
        binaries = {"nats-server": str(find_binary()), "bash": "bash"}
        path = binaries.get(name) or str(self.root / _PREFIX[1:] / "bin" / name)
        return [path, *map(self.here, words[1:])]

    def command(self) -> list[str]:
        """What the image says, or compose.yaml in its place."""
        given = self.service.get("command") or self.stage.words("CMD")
        return self.program(self.stage.words("ENTRYPOINT") + given)

    def __enter__(self) -> Self:
        command = self.command()
        with (self.root / "log").open("wb") as log:
            self.process = subprocess.Popen(
                command, env=self.environment(), cwd=self.root, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """As `docker compose exec` would."""
        return subprocess.run(
            self.program(list(words)), env=self.environment(), cwd=self.root, capture_output=True,
            text=True, check=False, timeout=60,
        )  # fmt: skip

    def seed(self) -> Path:
        """The one key of the broker that this container holds."""
        (seed,) = (self.root / "run/secrets").glob("*.nk")
        return seed

    def is_healthy(self) -> bool:
        """What the image's health check says. Raises: AssertionError once the service has ended."""
        assert self.process.poll() is None, (self.root / "log").read_text()[-2000:]
        return self.run(*self.stage.health_check()).returncode == 0

    def stop(self) -> int:
        """By the image's stop signal; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.Signals[self.stage.last("STOPSIGNAL")])
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def _install(lists: list[str], prefix: Path) -> None:
    """As deploy/docker/install.sh, from what is installed here instead of a registry."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", prefix], check=True, timeout=60)
    (site,) = prefix.glob("lib/python3*/site-packages")
    texts = [(DEPLOY / "docker/packages" / f"{name}.txt").read_text() for name in lists]
    for name in set().union(*map(locked.names, texts)):
        there = distribution(name)
        tops = {file.parts[0] for file in there.files or () if file.parts[0] not in {"..", "/"}}
        for top in tops - {"__pycache__"}:
            _put(Path(str(there.locate_file(top))), site / top)
    for package in _PACKAGES:
        _put(ROOT / package, site / package)
    shutil.copy(ROOT / "nats-server.conf", site / "docr")
    script = prefix / "bin" / "docr"
    script.write_text(f"#!{prefix}/bin/python\nfrom docr.entry import main\nmain()\n")
    script.chmod(0o755)


def _put(source: Path, target: Path) -> None:
    # Links to the same files: quick, and not led out of the folder as symbolic ones are.
    if source.is_dir():
        shutil.copytree(source, target, copy_function=_link, dirs_exist_ok=True)
    elif not target.exists():
        _link(str(source), str(target))


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except FileExistsError:
        return
    except OSError:
        shutil.copy2(source, target)
