"""What a process has open beside its standard streams."""

import contextlib
import os
from pathlib import Path
from typing import Final

_ALL: Final = Path("/dev/fd")  # of this process, on Linux and macOS
_FIRST: Final = 3  # behind stdin, stdout and stderr


def close_all_but(kept: int | None) -> None:
    """Closes what the parent did not mean to give: the event loop of a library may leave its files
    to its children, and what is open is behind no lock."""
    for number in _others():
        if number != kept:
            with contextlib.suppress(OSError):  # the one that listed them
                os.close(number)
    if kept is not None:
        os.set_inheritable(kept, False)


def keep_from_children() -> None:
    """What this process was started with stays its own, whoever starts programs in it."""
    for number in _others():
        with contextlib.suppress(OSError):  # as above
            os.set_inheritable(number, False)


def _others() -> list[int]:
    with contextlib.suppress(OSError):
        return [number for each in _ALL.iterdir() if (number := int(each.name)) >= _FIRST]
    return []
