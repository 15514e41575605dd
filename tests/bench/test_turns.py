"""Work that takes turns on a machine."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.pipeline.turns import Side, in_turns
from bench.process_tree import Tree
from tests.processes import children_of, is_alive

# Works for some time of its own, in a child of its own, and says when.
_WORK = """
import subprocess, sys, time
child = "import sys, time; s = float(sys.argv[1]); f = open(sys.argv[2], 'a', buffering=1)\\n" \\
    "while time.process_time() < s: f.write(f'{time.monotonic()}\\\\n')"
sys.exit(subprocess.run([sys.executable, "-c", child, *sys.argv[1:]]).returncode)
"""


class Work:
    def __init__(self, file: Path, seconds: float) -> None:
        self._command = [sys.executable, "-c", _WORK, str(seconds), str(file)]
        self._file = file
        self.process: subprocess.Popen[bytes] | None = None
        self.took_s = 0.0
        self.clock_s = 0.0

    def trees(self) -> list[Tree]:
        return [] if self.process is None else [Tree(pid=self.process.pid)]

    async def run(self, side: Side) -> None:
        began, began_clock = time.monotonic(), side.clock()
        self.process = subprocess.Popen(self._command)  # noqa: ASYNC220 - at once
        if await asyncio.to_thread(self.process.wait):
            raise RuntimeError("it did not go well")
        self.took_s, self.clock_s = time.monotonic() - began, side.clock() - began_clock

    def worked_at(self) -> list[float]:
        # The last line may have been cut off.
        return [float(each) for each in self._file.read_text().splitlines()[:-1]]


async def test_only_one_side_works_at_a_time_and_time_is_counted_while_it_does(
    tmp_path: Path,
) -> None:
    first, second = (Work(tmp_path / name, 1.2) for name in ("first", "second"))
    await in_turns(Side(first.run, first.trees), Side(second.run, second.trees))
    marks = [(at, "first") for at in first.worked_at()]
    marks += [(at, "second") for at in second.worked_at()]
    changes = [
        (before, after)
        for before, after in zip(sorted(marks), sorted(marks)[1:], strict=False)
        if before[1] != after[1]
    ]
    # As often as turns change, and one more for the last, which is not cut short.
    most = (first.clock_s + second.clock_s) / 0.5 + 2
    assert 2 <= len(changes) <= most
    assert first.took_s > first.clock_s + 0.4
    assert 1.1 < first.clock_s < first.took_s
    assert first.clock_s + second.clock_s < max(first.took_s, second.took_s) + 0.7


async def test_what_goes_wrong_on_one_side_leaves_nothing_halted(tmp_path: Path) -> None:
    fails = Work(tmp_path / "no such folder" / "file", 1.0)
    works = Work(tmp_path / "file", 1.0)
    with pytest.raises(RuntimeError, match="did not go well"):
        await in_turns(Side(works.run, works.trees), Side(fails.run, fails.trees))
    assert works.process is not None
    assert works.process.wait(30) == 0
    assert not children_of(works.process.pid)
    assert not is_alive(works.process.pid)
