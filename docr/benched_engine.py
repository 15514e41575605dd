"""The engine that `docr bench` measures: the one that a node here would run."""

from docr.settings import Settings
from ocr_node.engines import EngineSettings


def benched_engine(settings: Settings, *, cpu_threads: int) -> EngineSettings:
    """By OCR_ENGINE and what belongs to it."""
    return EngineSettings(
        name=settings.ocr_engine,
        model_dir=settings.ocr_model_dir,
        cpu_threads=cpu_threads,
        enable_mkldnn=settings.enable_mkldnn,
        cache_dir=settings.ocr_cache_dir,
        echo_delay_ms=settings.ocr_echo_delay_ms,
        echo_faults=settings.ocr_echo_faults,
    )
