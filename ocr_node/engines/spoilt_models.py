"""Fitted models that were spoilt on the disk: made anew, once, instead of a node that cannot start.

Such a file is written whole or not at all, but disks fill up, and people copy caches.
"""

import contextlib
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

import structlog

from contracts.errors import EngineUnavailable

log = structlog.get_logger(__name__)

_LEFT_BEHIND_S: Final = 24 * 3600.0


def loaded[Fitted, Loaded](
    fit: Callable[[], Fitted],
    load: Callable[[Fitted], Loaded],
    *,
    files: Callable[[Fitted], Collection[Path]],
    made_in: Path,
) -> Loaded:
    """What `load` makes of what was fitted. If it cannot be loaded, those of its `files` that were
    made in the folder `made_in` go, and it is fitted once more. Raises: EngineUnavailable."""
    fitted = fit()
    try:
        return load(fitted)
    except EngineUnavailable as wrong:
        spoilt = [path for path in files(fitted) if path.parent == made_in]
        if not spoilt:
            raise
        log.warning(
            "a fitted model cannot be loaded, and is made anew",
            files=[path.name for path in spoilt],
            reason=str(wrong)[:200],
        )
        for path in spoilt:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
        return load(fit())


def sweep(folder: Path) -> None:
    """Removes what processes that were killed have left half-written."""
    with contextlib.suppress(OSError):
        for path in folder.glob(".*"):
            if path.is_file() and time.time() - path.stat().st_mtime > _LEFT_BEHIND_S:
                path.unlink(missing_ok=True)
