"""How much memory a child has now, asked for at every call: the file that says so stays open."""

import contextlib
import os
from typing import Final

_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


class ChildMemory:
    """Of one process at a time."""

    def __init__(self) -> None:
        self._file: int | None = None

    def watch(self, pid: int) -> None:
        """The process from now on; `close` ends it."""
        self.close()
        with contextlib.suppress(OSError):  # gone already, or not Linux
            self._file = os.open(f"/proc/{pid}/statm", os.O_RDONLY | os.O_CLOEXEC)

    def resident_bytes(self) -> int | None:
        """Resident memory; None when the process is gone, or the system does not tell."""
        if self._file is None:
            return None
        try:
            return int(os.pread(self._file, 128, 0).split()[1]) * _PAGE_BYTES
        except (OSError, IndexError, ValueError):
            return None

    def close(self) -> None:
        """Safe to call again."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
