"""Fail points by themselves."""

import re
import signal
import sys
from pathlib import Path

import pytest

from contracts.errors import InvalidOption
from faults.fail_points import NAMES, arm, fail_point
from tests.processes import returncode_of

ROOT = Path(__file__).parents[2]


async def test_an_armed_point_ends_the_process_the_time_it_was_asked_to() -> None:
    passes = (
        "from faults.fail_points import arm, fail_point\n"
        "arm('node.page_read:3')\n"
        "for n in range(int(__import__('sys').argv[1])): fail_point('node.page_read')\n"
    )
    assert await returncode_of(sys.executable, "-c", passes, "2") == 0
    assert await returncode_of(sys.executable, "-c", passes, "3") == -signal.SIGKILL


def test_points_that_nobody_armed_do_nothing() -> None:
    arm("")
    for name in NAMES:
        fail_point(name)


@pytest.mark.parametrize("text", ["nowhere", "node.page_read:0", "node.page_read:x", "node"])
def test_a_point_that_cannot_be_read_is_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(InvalidOption, match=r"points: aggregator\.formats_made"):
        arm(text)


def test_every_point_stands_in_the_code_once_and_in_the_table_of_crash_points() -> None:
    packages = ("broker", "ingest", "ocr_node", "aggregator")
    code = "\n".join(
        path.read_text() for package in packages for path in (ROOT / package).rglob("*.py")
    )
    placed = re.findall(r'fail_point\("([a-z_.]+)"\)', code)
    assert sorted(placed) == sorted(NAMES)
    table = (ROOT / "ARCHITECTURE.md").read_text()
    assert set(re.findall(r"^\| `([a-z_.]+)` \|", table, re.MULTILINE)) == NAMES
