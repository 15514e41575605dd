"""Where fitted models are kept: files written whole or not at all, that processes share."""

import contextlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path

import structlog

from contracts.errors import EngineUnavailable
from ocr_node.engines.spoilt_models import sweep

log = structlog.get_logger(__name__)


def fitted_in(cache_dir: Path) -> Path:
    """The folder of all that is made here."""
    return cache_dir / "fitted"


def folder_for_fitted(cache_dir: Path) -> Path:
    """`fitted_in`, there and swept. Raises: EngineUnavailable."""
    folder = fitted_in(cache_dir)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        sweep(folder)
    except OSError as wrong:
        raise _cannot_keep(folder, wrong) from wrong
    return folder


def put(path: Path, write: Callable[[Path], object]) -> None:
    """Whole or not at all: two processes may fit the same model at once.

    Raises: EngineUnavailable if the disk does not take it."""
    fresh = path.with_name(f".{secrets.token_hex(4)}-{path.name}")
    try:
        write(fresh)
        os.replace(fresh, path)  # noqa: PTH105 - as in bundled_models
    except OSError as wrong:
        raise _cannot_keep(path.parent, wrong) from wrong
    finally:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)


def is_made(path: Path, make: Callable[[Path], None]) -> bool:
    """Whether a quicker form of a model is there, made now if it was not. What fails costs speed,
    not the node."""
    if not path.exists():
        try:
            put(path, make)
        except Exception as wrong:  # libraries of three projects, and the disk
            log.warning(
                "pages are read more slowly: the quicker form of a model cannot be made; make "
                "OCR_CACHE_DIR writable with room for 50 MB, or install the release anew",
                model=path.name,
                reason=f"{type(wrong).__name__}: {wrong}"[:300],
            )
            return False
    return True


def _cannot_keep(folder: Path, wrong: OSError) -> EngineUnavailable:
    return EngineUnavailable(
        f"OCR models cannot be kept in {folder} ({wrong.strerror}); make it writable, or set "
        "OCR_CACHE_DIR to a folder that is"
    )
