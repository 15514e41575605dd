"""A process that works on pages of all sizes stays as large as the usual ones make it."""

import contextlib
import ctypes
import os
from collections import deque
from statistics import median
from typing import Final

_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
# Pieces of work whose middle is the usual size.
_REMEMBERED: Final = 32
# Over the usual size by more than this share, there is something to give back. Usual pages differ
# by 2 %; to give back after each of them would cost as much as the system takes to clear it again.
_SURPLUS: Final = 0.08


class SurplusMemory:
    """What freed memory of a rare, large piece of work is left with the process. Nothing happens
    where there is no glibc, or no /proc."""

    def __init__(self) -> None:
        self._sizes: deque[int] = deque(maxlen=_REMEMBERED)
        self._memory: int | None = None
        self._trim = None
        with contextlib.suppress(OSError, AttributeError):
            self._trim = ctypes.CDLL(None).malloc_trim
            self._memory = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)

    def give_back(self) -> bool:
        """To be called after each piece of work; whether there was a surplus, which the system has
        again."""
        if self._trim is None or self._memory is None:
            return False
        size = int(os.pread(self._memory, 128, 0).split()[1]) * _PAGE_BYTES
        self._sizes.append(size)
        if len(self._sizes) < _REMEMBERED or size <= median(self._sizes) * (1.0 + _SURPLUS):
            return False
        self._trim(0)
        return True

    def close(self) -> None:
        """Safe to call again."""
        if self._memory is not None:
            os.close(self._memory)
            self._memory = None
