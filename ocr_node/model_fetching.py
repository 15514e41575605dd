"""Fetches the models of languages that a node shall read and has not, before it starts."""

from typing import Final

import structlog

from contracts.errors import LanguageUnavailable, OcrError
from guard.guarded_child import GuardedChild
from ocr_node.engines import EngineSettings
from ocr_node.engines.model_cache import downloaded_model
from ocr_node.engines.recognition_models import (
    can_be_fetched,
    missing_models,
    what_is_missing,
    where_to_put,
)

log = structlog.get_logger(__name__)

# A recognition model has 8 to 22 MB; PaddleX asks its sources for a while whether they are there.
_FETCH_S: Final = 300.0
_MEMORY_BYTES: Final = 2 * 2**30


async def fetch_models(settings: EngineSettings, *, timeout_s: float = _FETCH_S) -> None:
    """On return all of `settings.languages` can be read. `timeout_s`: for one model.

    Raises: LanguageUnavailable with the file that is missing and where it belongs, at once if
    `settings.offline`; EngineUnavailable if OCR_MODEL_DIR is not what it must be.
    """
    missing = missing_models(settings)
    for name, language in missing.items():
        if settings.offline or not can_be_fetched(name, settings):
            raise LanguageUnavailable(what_is_missing(language, settings))
    if not missing:
        return
    child = GuardedChild(
        target="ocr_node.engines.model_download:serve",
        settings={"engine": settings.name},
        what="PaddleOCR's download",
        memory_limit_bytes=_MEMORY_BYTES,
        start_timeout_s=timeout_s,
    )
    try:
        for name, language in missing.items():
            log.info("fetching a model", model=name, language=language)
            await _fetch(child, name, language, settings, timeout_s)
            log.info("model fetched", model=name)
    finally:
        await child.stop()


async def _fetch(
    child: GuardedChild, name: str, language: str, settings: EngineSettings, timeout_s: float
) -> None:
    try:
        await child.call({"model": name}, timeout_s=timeout_s)
        why = "what it left is not whole; remove that folder of ~/.paddlex/official_models"
    except OcrError as failed:
        why = str(failed).rstrip(".")
    if downloaded_model(name, settings.name) is None:
        raise LanguageUnavailable(
            f"language {language!r} needs the model {name}, which could not be fetched ({why}); "
            f"{where_to_put(name, settings)}, or let this machine reach huggingface.co"
        )
