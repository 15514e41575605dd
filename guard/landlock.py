"""Landlock: a process gives up all files but those that it names (Linux 5.13 and later).

It holds for the thread that asks and for those that it starts afterwards, so it belongs before the
first of them. Constants and structures: <linux/landlock.h>, man 7 landlock.
"""

import contextlib
import ctypes
import os
import stat
import struct
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

# The same on every processor (asm-generic/unistd.h).
_CREATE_RULESET: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_ASK_VERSION: Final = 1
_PATH_BENEATH: Final = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REG, _MAKE_SYM = 1 << 4, 1 << 5, 1 << 7, 1 << 8, 1 << 12
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
# What can be asked of a file; the rest is for folders.
_OF_FILES: Final = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV

LIST: Final = _READ_DIR  # names in a folder and in all below it, without what is in the files
READ: Final = _READ_FILE | _READ_DIR
RUN: Final = READ | _EXECUTE
WRITE: Final = (
    READ | _WRITE_FILE | _TRUNCATE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _MAKE_SYM
    | _REFER
)  # fmt: skip

# TCP connections and doors, since version 4; sockets of others and signals to others, since 6.
_NET: Final = 0b11
_SCOPED: Final = 0b11


def version() -> int:
    """Of the kernel's Landlock; 0 if it has none, or does not let us."""
    if sys.platform != "linux":
        return 0  # elsewhere the same number is another call
    try:
        return max(0, _call(_CREATE_RULESET, None, 0, _ASK_VERSION))
    except OSError:
        return 0


def restrict(rules: Iterable[tuple[Path, int]]) -> None:
    """From now on, and for good, only these files can be opened: LIST, READ, RUN or WRITE each, a
    folder with all that is below it. Paths that do not exist are left out. Raises: OSError."""
    known = version()
    if known == 0:
        raise OSError("the kernel has no Landlock")
    handled = _handled(known)
    ruleset = _ruleset(known, handled)
    try:
        for path, rights in rules:
            _allow(ruleset, path, rights & handled)
        _call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _handled(known: int) -> int:
    handled = (1 << 13) - 1
    for since, right in ((2, _REFER), (3, _TRUNCATE), (5, _IOCTL_DEV)):
        if known >= since:
            handled |= right
    return handled


def _ruleset(known: int, handled: int) -> int:
    attributes = struct.pack("=QQQ", handled, _NET, _SCOPED)
    size = 8 if known < 4 else 16 if known < 6 else 24
    return _call(_CREATE_RULESET, attributes, size, 0)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError):
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            if not stat.S_ISDIR(os.fstat(place).st_mode):
                rights &= _OF_FILES
            _call(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, place), 0)
        finally:
            os.close(place)


def _call(number: int, *arguments: int | bytes | None) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    given = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    answer = int(libc.syscall(ctypes.c_long(number), *given))
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return answer
