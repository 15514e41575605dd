"""Times and sizes in a few characters."""

from typing import Final

_SIZES: Final = ((2**30, "GB"), (2**20, "MB"), (2**10, "kB"))  # of 1024, as the memory of nodes
_TIMES: Final = ((86_400, "d"), (3600, "h"), (60, "min"))


def size(count: float) -> str:
    """So many bytes."""
    for unit, name in _SIZES:
        if count >= unit:
            return f"{count / unit:.1f} {name}"
    return f"{count:.0f} B"


def age(seconds: float) -> str:
    """So many seconds."""
    for unit, name in _TIMES:
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{max(seconds, 0.0):.0f} s"
