"""`--password`: taken from the command line, the environment or the keyboard, and left nowhere."""

import contextlib
import ctypes
import getpass
import os
import sys
from pathlib import Path
from typing import Final

from contracts.sealed_password import checked_password

ENVIRONMENT: Final = "OCR_PASSWORD"
_ASK: Final = "-"
# Places of arg_start, arg_end, env_start and env_end in /proc/self/stat, behind the command's name
# in parentheses (proc_pid_stat(5): fields 48 to 51, counted from 1).
_PLACES: Final = ((45, 46), (47, 48))


def password_given(option: str | None) -> str | None:
    """The password of the documents, None without one; `option` is what stood behind --password,
    where `-` asks for it. Afterwards nobody finds it in the list of processes, and no child of
    this process has it. Raises: InvalidOption.
    """
    in_environment = os.environ.pop(ENVIRONMENT, None) or None
    for given in (option, in_environment):
        if given and given != _ASK:
            _wipe(os.fsencode(given))
    if option == _ASK:
        option = _asked_for()
    password = option if option is not None else in_environment
    return None if password is None else checked_password(password)


def _asked_for() -> str:
    if sys.stdin.isatty():
        return getpass.getpass("Password of the documents: ", stream=sys.stderr)
    return sys.stdin.readline().rstrip("\r\n")


def _wipe(secret: bytes) -> None:
    """Overwrites it where the kernel shows this process's arguments and environment to others."""
    with contextlib.suppress(OSError, ValueError, IndexError):  # no Linux
        told = Path("/proc/self/stat").read_bytes().rpartition(b")")[2].split()
        for first, last in _PLACES:
            begin, end = int(told[first]), int(told[last])
            if not 0 < begin < end:
                continue
            block = ctypes.string_at(begin, end - begin)
            at = -1
            while (at := block.find(secret, at + 1)) >= 0:
                # A piece of an argument that only happens to be the same is not touched.
                is_whole = block[at - 1 : at] in {b"\0", b"="} or at == 0
                if is_whole and block[at + len(secret) : at + len(secret) + 1] == b"\0":
                    ctypes.memset(begin + at, ord("*"), len(secret))
