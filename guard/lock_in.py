"""A child process takes from itself what its work does not need: for good, and before it has seen
anything of a user's, or started a thread (docs/security-of-documents.md)."""

import contextlib
import ctypes
import os
import shutil
import struct
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from guard import landlock
from guard.landlock import READ, WRITE
from guard.locks import Locks
from guard.resource_limits import limit_resources
from guard.software_folders import coverage_folder, program_rules, software_rules
from guard.system_calls import refuse_system_calls

# For whoever has to find out whether a lock is in a library's way.
SWITCH: Final = "OCR_LOCK_IN"

_SCRATCH: Final = "scratch"
_KEPT_S: Final = 24 * 3600.0

_CAPABILITIES: Final = 0x20080522  # <linux/capability.h>, version 3
# Root's way past the owners of files stays: Landlock has the say over files here.
_KEPT: Final = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


def lock_in(locks: Locks) -> list[str]:
    """What could not be locked, and why; nothing of that ends the process."""
    if is_switched_off():
        return [f"anything, since {SWITCH} is off"]
    coverage = coverage_folder()
    writable = [*locks.writable, *([coverage] if coverage is not None else [])]
    if locks.writable:
        _keep_temporary_files_in(locks.writable[0] / _SCRATCH)
    steps: list[tuple[str, Callable[[], None]]] = [
        ("threads", _must_be_alone),
        ("resources", lambda: limit_resources(locks, writes_files=bool(writable))),
        ("capabilities", _give_up_capabilities),
        ("files", lambda: _only_files_of(locks, writable)),
    ]
    if not locks.starts_programs:
        steps.append(("system calls", refuse_system_calls))
    return _missing_of(steps)


def lock_in_loaded(locks: Locks) -> list[str]:
    """What waits until the libraries are loaded: as `lock_in`."""
    if not locks.starts_programs or is_switched_off():
        return []
    return _missing_of([("system calls", refuse_system_calls)])


def is_switched_off() -> bool:
    return os.environ.get(SWITCH, "").lower() == "off"


def _missing_of(steps: Iterable[tuple[str, Callable[[], None]]]) -> list[str]:
    missing = []
    for what, step in steps:
        try:
            step()
        except Exception as wrong:  # a lock that does not hold must not keep work from being done
            missing.append(f"{what}: {wrong or type(wrong).__name__}")
    return missing


def _must_be_alone() -> None:
    """Capabilities and files are taken from the thread that asks, and from those it starts."""
    with contextlib.suppress(FileNotFoundError):  # no /proc
        others = sum(1 for _ in Path("/proc/self/task").iterdir()) - 1
        if others:
            raise OSError(f"{others} started before the lock")


def _keep_temporary_files_in(folder: Path) -> None:
    """Libraries look for /tmp, which is closed. What a killed process has left goes, in time."""
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            if time.time() - old.lstat().st_mtime > _KEPT_S:
                shutil.rmtree(old, ignore_errors=True)
                old.unlink(missing_ok=True)
    os.environ["TMPDIR"] = str(folder)
    tempfile.tempdir = None  # whoever has asked before asks again


def _only_files_of(locks: Locks, writable: list[Path]) -> None:
    for folder in writable:
        with contextlib.suppress(OSError):  # whoever needs it says so
            folder.mkdir(parents=True, exist_ok=True)
    _no_new_privileges()
    landlock.restrict(
        [
            *software_rules(),
            *(program_rules() if locks.starts_programs else ()),
            *((path, READ) for path in (*locks.readable, *locks.linked)),
            *((path, READ) for folder in locks.linked for path in _behind_links(folder)),
            *((path, WRITE) for path in writable),
        ]
    )


def _behind_links(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(place) / name
            if path.is_symlink() and path.exists():
                yield path.resolve()


def _no_new_privileges() -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(38, 1, 0, 0, 0) != 0:  # PR_SET_NO_NEW_PRIVS
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _give_up_capabilities() -> None:
    """Who runs as root, as many a container does, is not root in this process."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = ctypes.create_string_buffer(struct.pack("=Ii", _CAPABILITIES, 0), 8)
    data = ctypes.create_string_buffer(24)
    if libc.capget(header, data) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    effective, permitted, _, *_rest = struct.unpack("=6I", data.raw)
    kept = struct.pack("=6I", effective & _KEPT, permitted & _KEPT, 0, 0, 0, 0)
    if libc.capset(header, kept) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
