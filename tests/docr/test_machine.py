"""How much memory a process may use."""

import os
from pathlib import Path

from docr.machine import memory_bytes

ALL = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _limit(folder: Path, name: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def test_without_control_groups_it_is_all_there_is(tmp_path: Path) -> None:
    assert memory_bytes(cgroups=tmp_path / "none", own=tmp_path / "none") == ALL
    assert 0 < memory_bytes() <= ALL


def test_the_tightest_limit_of_the_groups_around_it_counts(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("0::/a/b\n")
    _limit(tmp_path / "groups/a/b", "memory.max", "max\n")
    _limit(tmp_path / "groups/a", "memory.max", "2000000\n")
    assert memory_bytes(cgroups=tmp_path / "groups", own=tmp_path / "own") == 2_000_000


def test_groups_of_the_first_version_count_as_well(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("5:cpu:/\n4:memory:/docr\n0::/\n")
    _limit(tmp_path / "groups/memory/docr", "memory.limit_in_bytes", "3000000\n")
    assert memory_bytes(cgroups=tmp_path / "groups", own=tmp_path / "own") == 3_000_000


def test_in_a_container_its_own_group_is_the_root(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("4:memory:/docker/0123\n")
    _limit(tmp_path / "groups/memory", "memory.limit_in_bytes", "4000000\n")
    assert memory_bytes(cgroups=tmp_path / "groups", own=tmp_path / "own") == 4_000_000
