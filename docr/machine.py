"""What this machine has, or the container in which this process runs."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_CGROUPS: Final = Path("/sys/fs/cgroup")
# An engine that reads pages of all shapes peaks at 0.8 GB (docs/performance.md); the rest is
# headroom.
_ENGINE_BYTES: Final = 3 * 2**29


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def memory_bytes(*, cgroups: Path = _CGROUPS, own: Path = Path("/proc/self/cgroup")) -> int:
    """Memory that this process may use: all there is, or what a control group (of version 2 or 1)
    allows. `cgroups` and `own`: where the system tells about control groups."""
    limits = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    for path in _limit_files(cgroups, own):
        # "max" is no number: no limit.
        with contextlib.suppress(OSError, ValueError):
            limits.append(int(path.read_text()))
    return min(limits)


def engines_that_fit(*, cores: int, memory_bytes: int) -> int:
    """One at least. One thread each reads more pages a second than one engine with all threads."""
    return max(1, min(cores, memory_bytes // _ENGINE_BYTES))


def _limit_files(cgroups: Path, own: Path) -> Iterator[Path]:
    # Within a container its own group is often mounted as the root, whatever its name outside.
    groups = [(cgroups, "memory.max"), (cgroups / "memory", "memory.limit_in_bytes")]
    with contextlib.suppress(OSError):
        for line in own.read_text().splitlines():
            # "0::/user.slice/docr" in version 2, "4:memory:/docr" in version 1
            _, controllers, group = line.split(":", 2)
            name = group.strip("/")
            if not controllers:
                groups.append((cgroups / name, "memory.max"))
            elif "memory" in controllers.split(","):
                groups.append((cgroups / "memory" / name, "memory.limit_in_bytes"))
    for folder, file in groups:
        # A group is bound by the limits of those around it.
        for each in (folder, *folder.parents):
            if each.is_relative_to(cgroups):
                yield each / file
