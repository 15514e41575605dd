"""The languages that this machine's engines read: from the settings, and from what is at hand."""

from contracts.languages import script_of, scripts_of
from docr.settings import Settings
from ocr_node.engines import EngineSettings
from ocr_node.engines.recognition_models import served_languages
from ocr_node.model_fetching import fetch_models


def engine_settings(settings: Settings, *, cpu_threads: int = 1) -> EngineSettings:
    """What an engine of this machine is told."""
    return EngineSettings(
        name=settings.ocr_engine,
        model_dir=settings.ocr_model_dir,
        cpu_threads=cpu_threads,
        enable_mkldnn=settings.enable_mkldnn,
        cache_dir=settings.ocr_cache_dir,
        languages=settings.languages,
        offline=settings.ocr_offline,
        eight_bits=settings.ocr_eight_bits,
        echo_delay_ms=settings.ocr_echo_delay_ms,
        echo_faults=settings.ocr_echo_faults,
    )


def reading_also(settings: Settings, language: str) -> Settings:
    """The settings of a machine that reads `language` too, which its documents are in.

    Raises: EngineUnavailable if OCR_MODEL_DIR is not what it must be.
    """
    served = served_languages(engine_settings(settings))
    if script_of(language) in scripts_of(served):
        return settings
    named = settings.languages or served
    return settings.model_copy(update={"ocr_languages": ",".join((*named, language))})


async def have_models(settings: Settings) -> None:
    """Fetches what OCR_LANGUAGES names and is not at hand.

    Raises: LanguageUnavailable with the file that is missing and where it belongs;
    EngineUnavailable if OCR_MODEL_DIR is not what it must be.
    """
    await fetch_models(engine_settings(settings))
