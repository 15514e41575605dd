"""What a large piece of work leaves behind goes back to the system."""

import subprocess
import sys

import pytest

# In a process of its own: whatever else a test process has freed would count too.
_WORK = """
from guard.surplus_memory import SurplusMemory

def size():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096 / 2**20

surplus = SurplusMemory()
print(sum(surplus.give_back() for _ in range(40)))
blocks = [bytes(b"x" * 50_000) for _ in range(4_000)]
pin = bytes(b"y" * 50_000)  # above them, so that the heap does not shrink by itself
large = size()
del blocks
left = size()
print(int(surplus.give_back()))
print(int(large - left), int(left - size()), int(surplus.give_back()))
surplus.close()
print(int(surplus.give_back()))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for its memory, and glibc to trim")
def test_only_what_is_left_of_a_large_piece_of_work_is_given_back() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WORK], capture_output=True, text=True, check=True, timeout=60
    )
    before, was_large, figures, closed = done.stdout.splitlines()
    kept_mb, given_back_mb, again = map(int, figures.split())
    assert (before, was_large, again, closed) == ("0", "1", 0, "0")
    assert kept_mb < 20
    assert given_back_mb > 150
