"""What went wrong, in sentences for users."""

from pathlib import Path

import structlog

from broker.object_reading import ObjectMissing
from contracts.errors import OcrError

log = structlog.get_logger(__name__)


def sentences(wrong: BaseException) -> list[str]:
    """One for each error, those in groups included, each once."""
    if isinstance(wrong, BaseExceptionGroup):
        found = [sentence for each in wrong.exceptions for sentence in sentences(each)]
        return list(dict.fromkeys(found))
    if isinstance(wrong, OcrError):
        return [str(wrong)]
    if isinstance(wrong, ModuleNotFoundError):
        # Images hold what their service needs.
        return [
            f"this needs {wrong.name}, which is not installed here; run it in the image of a node, "
            "or where all of requirements.lock is installed"
        ]
    log.debug("an unforeseen error", exc_info=wrong)
    what = " ".join(str(wrong).split())[:300]
    return [
        f"unforeseen: {type(wrong).__name__}: {what}; please report it, with what "
        "LOG_LEVEL=debug shows"
    ]


def of_document(path: Path, wrong: Exception) -> str:
    """Why a document could not be handed in, or its outputs not be fetched."""
    if isinstance(wrong, OSError):
        elsewhere = wrong.filename is not None and str(wrong.filename) != str(path)
        where = f"{path}: {wrong.filename}" if elsewhere else f"{path}"
        return (
            f"{where}: {wrong.strerror or wrong}; check permissions and free space, then run it "
            "again"
        )
    if isinstance(wrong, ObjectMissing):
        return f"{path}: its outputs are lost: {wrong}"
    return f"{path}: {'; '.join(sentences(wrong))}"
