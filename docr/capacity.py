"""How many engines a machine carries, and what each of them gets: pure arithmetic."""

import os
from dataclasses import dataclass
from typing import Final

from docr.settings import Settings

_GB: Final = 2**30
# An engine that reads pages of all shapes peaks at 0.8 GB (see README); the rest is headroom.
_ENGINE_GB: Final = 1.5


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """`nodes` engines, each with `threads_per_node` threads and at most so many bytes."""

    nodes: int
    threads_per_node: int
    memory_limit_bytes: int


def capacity(settings: Settings, *, nodes: int | None, cores: int | None = None) -> Capacity:
    """Shares a machine's cores and memory. `nodes`: what the user asks for, None for as many as
    fit; `cores`: that this process may use, None to ask the system."""
    available = cores if cores is not None else len(os.sched_getaffinity(0))
    usable = min(available, settings.max_cpu_cores)
    # One thread each reads more pages a second than one engine with all threads.
    fitting = max(1, min(usable, int(settings.max_ram_gb / _ENGINE_GB)))
    count = nodes if nodes is not None else fitting
    threads = settings.ocr_cpu_threads or max(1, usable // count)
    return Capacity(
        nodes=count,
        threads_per_node=threads,
        memory_limit_bytes=int(settings.max_ram_gb * _GB / count),
    )
