"""Sharing a machine among engines."""

import pytest

from docr.capacity import capacity
from docr.settings import load_settings


@pytest.mark.parametrize(
    ("cores", "ram_gb", "max_cores", "asked", "nodes", "threads"),
    [
        (2, 22, 12, None, 2, 1),
        (64, 22, 12, None, 12, 1),
        (8, 3, 12, None, 2, 4),
        (8, 1, 12, None, 1, 8),
        (8, 22, 12, 2, 2, 4),
        (1, 22, 12, 4, 4, 1),
    ],
)
def test_engines_fit_cores_and_memory(  # noqa: PLR0917
    cores: int, ram_gb: float, max_cores: int, asked: int | None, nodes: int, threads: int
) -> None:
    settings = load_settings(max_ram_gb=ram_gb, max_cpu_cores=max_cores, ocr_cpu_threads=0)
    share = capacity(settings, nodes=asked, cores=cores)
    assert (share.nodes, share.threads_per_node) == (nodes, threads)
    assert share.memory_limit_bytes * share.nodes <= ram_gb * 2**30


def test_threads_that_were_asked_for_are_given() -> None:
    assert capacity(load_settings(ocr_cpu_threads=3), nodes=2, cores=2).threads_per_node == 3
