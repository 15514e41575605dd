"""What this kernel cannot lock, said once by each process."""

from collections.abc import Iterable
from typing import Final

import structlog

log = structlog.get_logger(__name__)

_told: Final[set[str]] = set()


def tell(missing: Iterable[str]) -> None:
    """Logs those that were not told before."""
    if new := [each for each in missing if each not in _told]:
        _told.update(new)
        log.info(
            "child processes cannot be locked in completely; they work all the same",
            not_locked=new,
        )
