"""Garbage collection that looks at what pages leave, and not at all that was ever imported."""

import atexit
import gc
from typing import Final

# Objects made and not freed. A page of 100 lines makes some thousands, nearly all without cycles;
# Python's own 700 (2,000 from 3.13 on) is reached several times in every page.
_COLLECT_AFTER: Final = 20_000


def while_loading() -> None:
    """For a process that begins to import: all of it stays, and looking for what goes would take a
    tenth of its start, and as long again at its end, when the system takes all of it."""
    gc.set_threshold(_COLLECT_AFTER, 20, 20)
    atexit.register(gc.freeze)


def collect_rarely() -> None:
    """For a process that has loaded what it works with: that is never looked at again. What of it
    could go is little, and looking for it takes as long as an import of NumPy."""
    gc.set_threshold(_COLLECT_AFTER, 20, 20)
    gc.freeze()
