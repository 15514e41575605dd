"""Sharing a machine among engines."""

import pytest

from contracts.errors import InvalidOption
from docr.capacity import capacity
from docr.settings import load_settings

GB = 2**30


@pytest.mark.parametrize(
    ("cores", "ram_gb", "max_cores", "asked", "nodes", "threads"),
    [
        (2, 22, 12, None, 2, 1),
        (64, 22, 12, None, 12, 1),
        (8, 3, 12, None, 2, 4),
        (8, 1, 12, None, 1, 8),
        (8, 22, 12, 2, 2, 4),
        (1, 22, 12, 4, 4, 1),
        (4, 1, 12, 2, 2, 2),
    ],
)
def test_engines_fit_cores_and_memory(  # noqa: PLR0917
    cores: int, ram_gb: float, max_cores: int, asked: int | None, nodes: int, threads: int
) -> None:
    settings = load_settings(max_ram_gb=ram_gb, max_cpu_cores=max_cores, ocr_cpu_threads=0)
    share = capacity(settings, nodes=asked, cores=cores, memory_bytes=64 * GB)
    assert (share.nodes, share.threads_per_node) == (nodes, threads)
    assert share.memory_limit_bytes * share.nodes <= ram_gb * GB


def test_threads_that_were_asked_for_are_given() -> None:
    assert capacity(load_settings(ocr_cpu_threads=3), nodes=2, cores=2).threads_per_node == 3


def test_engines_share_no_more_than_the_machine_has() -> None:
    share = capacity(load_settings(max_ram_gb=22), nodes=None, cores=8, memory_bytes=4 * GB)
    assert share.nodes == 2
    assert share.memory_limit_bytes == 2 * GB


@pytest.mark.parametrize(
    ("has_gb", "words"),
    [(64, "MAX_RAM_GB is 8.*at most 16"), (4, r"this machine has 4\.0 GB.*at most 8 by --nodes")],
)
def test_engines_without_memory_for_a_page_are_refused(has_gb: int, words: str) -> None:
    with pytest.raises(InvalidOption, match=words):
        capacity(load_settings(max_ram_gb=8), nodes=20, cores=4, memory_bytes=has_gb * GB)


def test_one_engine_is_never_refused() -> None:
    assert capacity(load_settings(), nodes=1, cores=1, memory_bytes=GB // 4).nodes == 1
