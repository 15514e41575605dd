"""Limits that the kernel itself holds (man 2 getrlimit), below those that the parent looks at."""

import contextlib
import resource
from typing import Final

from guard.locks import Locks

# Libraries of an engine have some fifty open while they are loaded.
_OPEN_FILES: Final = 512


def limit_resources(locks: Locks, *, writes_files: bool) -> None:
    """From now on, and for good. Raises: OSError."""
    _at_most(resource.RLIMIT_CORE, 0)  # a core file would hold pages of users
    _at_most(resource.RLIMIT_NOFILE, _OPEN_FILES)
    if not writes_files:
        _at_most(resource.RLIMIT_FSIZE, 0)
    if locks.data_limit_bytes is not None:
        _at_most(resource.RLIMIT_DATA, locks.data_limit_bytes)


def allow_cpu_s(seconds: float | None) -> None:
    """The core-seconds that may pass until this is called again; then the process ends (SIGXCPU).

    What the parent's clock bounds already: it holds where the parent was stopped or is too busy.
    """
    if seconds is None:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime + seconds) + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    if hard != resource.RLIM_INFINITY:
        soft = min(soft, hard)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _at_most(kind: int, most: int) -> None:
    soft, hard = (
        most if now == resource.RLIM_INFINITY else min(now, most)
        for now in resource.getrlimit(kind)
    )
    resource.setrlimit(kind, (soft, hard))
