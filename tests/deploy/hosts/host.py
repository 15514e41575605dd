"""One host: started, looked into from outside, and ended with all that runs on it."""

import ctypes
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.deploy.hosts.network import PREFIX, plug_in

_BOOT: Final = Path(__file__).parent / "boot.sh"
_PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None)


class BareHost:
    """A Debian that nothing was done to. `small_opt_mb`: size of the disk at /opt/distributed-ocr,
    0: that of the machine."""

    def __init__(
        self, name: str, number: int, *, base: Path, folder: Path, small_opt_mb: int = 0
    ) -> None:
        self.name = name
        self.namespace, self.address = plug_in(name, number)
        self._folder = folder / name
        for each in ("upper", "work", "root"):
            (self._folder / each).mkdir(parents=True)
        self._base = base
        self._small = small_opt_mb
        self._cgroup = _cgroups() / f"{PREFIX}-{name}"
        self._process: subprocess.Popen[bytes] | None = None

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Into its root, before it starts."""
        target = self._folder / "upper" / path.lstrip("/")
        for parent in reversed(target.relative_to(self._folder / "upper").parents[:-1]):
            made = self._folder / "upper" / parent
            if not made.exists():
                made.mkdir()
                shutil.copystat(self._base / parent, made)
        target.write_text(text)
        target.chmod(mode)

    def start(self) -> None:
        """Boots; sshd answers some time later."""
        self._cgroup.mkdir(exist_ok=True)
        with (self._folder / "boot.log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    *("ip", "netns", "exec", self.namespace, "unshare", "--mount", "--uts"),
                    *("--ipc", "--pid", "--cgroup", "--fork", "--kill-child", str(_BOOT)),
                    *(str(self._base), str(self._folder), str(self._small)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=_joining(self._cgroup),  # noqa: PLW1509 - two system calls
            )

    def run(self, command: str, *, check: bool = True) -> str:
        """As root on the host, not by way of ssh; what it printed."""
        done = subprocess.run(
            ["nsenter", "-t", str(self._init()), "-a", "sh", "-c", command],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert not check or done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def is_up(self) -> bool:
        """Whether sshd runs."""
        try:
            return self.run("systemctl is-active ssh", check=False) == "active"
        except AssertionError:
            return False

    def stop(self) -> None:
        """As a power cut does it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        remove_cgroup(self._cgroup)

    def _init(self) -> int:
        assert self._process is not None, "the host does not run"
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text()
        assert children.split(), f"it did not boot: {(self._folder / 'boot.log').read_text()}"
        return int(children.split()[0])


def _joining(cgroup: Path) -> Callable[[], None]:
    def join() -> None:
        # Ended with whoever started it, however that ends.
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        (cgroup / "cgroup.procs").write_text(str(os.getpid()))

    return join


def _cgroups() -> Path:
    """Where the second version of cgroups is mounted."""
    for line in Path("/proc/mounts").read_text().splitlines():
        _, place, kind, *_ = line.split()
        if kind == "cgroup2":
            return Path(place)
    raise AssertionError("no cgroup2 is mounted here; systemd needs it")


def remove_cgroup(cgroup: Path) -> None:
    """With those below it; processes in them must have ended."""
    for folder, _, _ in os.walk(cgroup, topdown=False):
        for _ in range(100):
            try:
                Path(folder).rmdir()
                break
            except OSError:
                # The kernel takes a moment to bury what was killed.
                signal.sigtimedwait([], 0.05)


def remove_all_cgroups() -> None:
    """What a run that was killed has left."""
    for each in _cgroups().glob(f"{PREFIX}-*"):
        remove_cgroup(each)
