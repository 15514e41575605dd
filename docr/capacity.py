"""How many engines a machine carries, and what each of them gets."""

from dataclasses import dataclass
from typing import Final

from contracts.errors import InvalidOption
from docr import machine
from docr.settings import Settings

_GB: Final = 2**30
# With less, an engine is ended while it loads its models.
_LEAST_GB: Final = 0.5
# A third one would wait for the broker.
_RENDERERS_PER_DOCUMENT: Final = 2


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """`nodes` engines, each with `threads_per_node` threads and at most so many bytes."""

    nodes: int
    threads_per_node: int
    memory_limit_bytes: int


def capacity(
    settings: Settings,
    *,
    nodes: int | None,
    cores: int | None = None,
    memory_bytes: int | None = None,
) -> Capacity:
    """Shares a machine's cores and memory. `nodes`: what the user asks for, None for as many as
    fit; `cores` and `memory_bytes`: what this process may use, None to ask the system.

    Raises: InvalidOption if not even one page could be read by each of `nodes`.
    """
    available = cores if cores is not None else machine.cores()
    usable = min(available, settings.max_cpu_cores)
    has_gb = (memory_bytes if memory_bytes is not None else machine.memory_bytes()) / _GB
    memory_gb = min(settings.max_ram_gb, has_gb)
    fitting = machine.engines_that_fit(cores=usable, memory_bytes=int(memory_gb * _GB))
    count = nodes if nodes is not None else fitting
    if nodes is not None and nodes > 1 and memory_gb / nodes < _LEAST_GB:
        bound = (
            f"MAX_RAM_GB is {settings.max_ram_gb:g}"
            if settings.max_ram_gb <= has_gb
            else f"this machine has {has_gb:.1f} GB"
        )
        raise InvalidOption(
            f"{nodes} engines would have {memory_gb / nodes:.2f} GB each, and one needs at least "
            f"{_LEAST_GB} ({bound}); ask for at most {max(1, int(memory_gb / _LEAST_GB))} by "
            "--nodes, or leave that out"
        )
    threads = settings.ocr_cpu_threads or max(1, usable // count)
    return Capacity(
        nodes=count,
        threads_per_node=threads,
        memory_limit_bytes=int(memory_gb * _GB / count),
    )


def renderers_per_document(settings: Settings) -> int:
    """How many processes may render pages of one document at the same time: a core for each."""
    return min(_RENDERERS_PER_DOCUMENT, machine.cores(), settings.max_cpu_cores)
