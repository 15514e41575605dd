"""What all hosts are made from, once for each machine: a Debian 13 as debootstrap makes it, without
Python, with a folder of packages that stands for a mirror; and a wheelhouse."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parent.parent.parent.parent
CACHE: Final = Path("~/.cache/distributed-ocr-tests").expanduser()
_MEMORY: Final = Path("/dev/shm")
_SUITE: Final = "trixie"
# What a VM of a hoster has.
_INCLUDE: Final = "systemd,systemd-sysv,dbus,openssh-server,sudo,ca-certificates,iproute2,procps"


_TOOLS: Final = ("debootstrap", "dpkg-scanpackages", "ip", "nsenter", "ssh-keygen", "unshare")


def check_machine() -> None:
    """Fails the tests with what is missing here."""
    if os.geteuid() != 0:
        pytest.fail("hosts are made by root only; run './dev test-deploy' as root")
    if missing := [tool for tool in _TOOLS if shutil.which(tool) is None]:
        pytest.fail(
            f"there is no {', '.join(missing)} here; on Debian and Ubuntu: apt install debootstrap "
            "dpkg-dev iproute2 openssh-client util-linux"
        )


def folder_of_hosts() -> Path:
    """A new one, in memory where there is enough of it."""
    in_memory = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > 8e9
    parent = _MEMORY if in_memory else Path(tempfile.gettempdir())
    for left in parent.glob("docr-hosts-*"):  # of a run that was killed
        shutil.rmtree(left)
    return Path(tempfile.mkdtemp(prefix="docr-hosts-", dir=parent))


def base_system() -> Path:
    """The folder that is the lower layer of each host's root; it is not written to."""
    done = CACHE / "debian-13"
    if done.exists():
        return done
    made = CACHE / "debian-13.new"
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    _run("debootstrap", "--variant=minbase", f"--include={_INCLUDE}", _SUITE, str(made))
    _run("chroot", str(made), "apt-get", "clean")
    _run("chroot", str(made), "apt-get", "-q", "update")
    _run(
        *("chroot", str(made), "apt-get", "-q", "-y", "install", "--download-only"),
        *("--no-install-recommends", "python3.13-venv"),
    )
    mirror = made / "srv" / "debs"
    mirror.mkdir()
    for package in (made / "var/cache/apt/archives").glob("*.deb"):
        shutil.move(package, mirror)
    index = subprocess.run(
        ["dpkg-scanpackages", "."], cwd=mirror, capture_output=True, check=True
    ).stdout
    (mirror / "Packages").write_bytes(index)
    for old in (made / "etc/apt").glob("sources.list*"):
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    (made / "etc/apt/sources.list").write_text("deb [trusted=yes] file:/srv/debs ./\n")
    for lists in (made / "var/lib/apt/lists").glob("*_*"):
        lists.unlink()
    for key in (made / "etc/ssh").glob("ssh_host_*"):
        key.unlink()
    (made / "root/.ssh").mkdir(mode=0o700, exist_ok=True)
    made.rename(done)
    return done


def wheelhouse() -> Path:
    """All packages of deploy/requirements.lock for Python 3.13; made anew when the lock changes."""
    lock = ROOT / "deploy" / "requirements.lock"
    done = CACHE / "wheelhouse"
    mark = done.with_suffix(".lock")
    if mark.exists() and mark.read_bytes() == lock.read_bytes():
        return done
    done.mkdir(parents=True, exist_ok=True)
    _run(
        *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
        *("--python-version", "3.13", "-r", str(lock), "-d", str(done)),
    )
    shutil.copy(lock, mark)
    return done


def _run(*command: str) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
