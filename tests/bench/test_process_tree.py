"""What a tree of processes took, as the measurements count it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bench.process_tree import MemoryWatch, Tree

BURNT_S = 0.3
# The kernel counts in steps of 10 ms.
BURN = (
    f"import time; d = time.process_time() + {BURNT_S} + 0.02\nwhile time.process_time() < d: pass"
)


@contextmanager
def tells_when_done(program: str) -> Iterator["subprocess.Popen[str]"]:
    """Runs Python until it says so, and lets it live meanwhile."""
    with subprocess.Popen(
        [sys.executable, "-c", f"{program}\nprint('done', flush=True)\ninput()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "done\n"
        yield process
        process.communicate("\n")


def test_the_time_of_a_child_that_has_ended_counts() -> None:
    # Its parent burns too: a start of Python may be less than the tick in which time is counted.
    program = f"{BURN}\nimport subprocess, sys\nsubprocess.run([sys.executable, '-c', {BURN!r}])"
    with tells_when_done(program) as process:
        own = Tree(pid=process.pid).cpu_s()
        assert own >= BURNT_S
        assert BURNT_S <= Tree(pid=process.pid, with_root=False).cpu_s() < own


def test_the_time_of_a_child_that_lives_counts() -> None:
    child = f"{BURN}\nprint('burnt', flush=True)\ninput()"
    program = (
        "import subprocess, sys\n"
        f"p = subprocess.Popen([sys.executable, '-c', {child!r}], stdout=-1, stdin=-1)\n"
        "p.stdout.readline()"
    )
    with tells_when_done(program) as process:
        assert Tree(pid=process.pid, with_root=False).cpu_s() >= BURNT_S


def test_the_root_that_merely_starts_programs_does_not_count() -> None:
    with tells_when_done(BURN) as process:
        assert Tree(pid=process.pid).cpu_s() >= BURNT_S
        assert Tree(pid=process.pid, with_root=False).cpu_s() == 0.0


def test_a_peak_of_memory_is_known_after_it_is_over() -> None:
    with tells_when_done("eaten = b'x' * (200 * 2**20)\ndel eaten") as process:
        memory = MemoryWatch(lambda: [Tree(pid=process.pid)])
        memory.look()
        peak = memory.peak
        assert 200 < peak.tree_mb < 260
        assert peak.seen_mb < 100
        assert peak.process_mb == peak.tree_mb


def test_the_peaks_of_two_trees_add_up() -> None:
    program = "eaten = b'x' * (50 * 2**20)"
    with tells_when_done(program) as one, tells_when_done(program) as other:
        memory = MemoryWatch(lambda: [Tree(pid=one.pid), Tree(pid=other.pid)])
        memory.look()
        assert memory.peak.tree_mb > 100
        assert memory.peak.process_mb < 100


def test_a_process_that_is_gone_takes_nothing() -> None:
    with tells_when_done("") as process:
        tree = Tree(pid=process.pid)
    assert tree.cpu_s() == 0.0
    assert list(tree.processes()) == []
