"""How much memory a child has now, asked for at every call: the file that says so stays open."""

import contextlib
import os
from pathlib import Path
from typing import Final

_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


class ChildMemory:
    """Of one process at a time."""

    def __init__(self) -> None:
        self._file: int | None = None
        self._pid = 0

    def watch(self, pid: int) -> None:
        """The process from now on; `close` ends it."""
        self.close()
        with contextlib.suppress(OSError):  # gone already, or not Linux
            self._pid = pid
            self._file = os.open(f"/proc/{pid}/statm", os.O_RDONLY | os.O_CLOEXEC)

    def resident_bytes(self) -> int | None:
        """Resident memory; None when the process is gone, or the system does not tell."""
        if self._file is None:
            return None
        try:
            return int(os.pread(self._file, 128, 0).split()[1]) * _PAGE_BYTES
        except (OSError, IndexError, ValueError):
            return None

    def peak_bytes(self) -> int | None:
        """The most that it has had resident; None as above. Dearer than `resident_bytes`."""
        try:
            status = Path(f"/proc/{self._pid}/status").read_text(encoding="ascii", errors="replace")
            kilobytes = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
            return int(kilobytes.split()[1]) * 1024
        except (OSError, StopIteration, ValueError):
            return None

    def close(self) -> None:
        """Safe to call again."""
        if self._file is not None:
            os.close(self._file)
            self._file, self._pid = None, 0
