"""Which model reads which language, and where it is on this machine.

All languages of one script are read by one model. The weights of the install read Latin letters,
Chinese and Japanese; for the other scripts PaddleOCR has models of its own, which are taken from
OCR_MODEL_DIR, or from where PaddleOCR's download keeps them. Nothing is fetched here.
"""

from functools import lru_cache
from pathlib import Path

from contracts.errors import EngineUnavailable, LanguageUnavailable
from contracts.languages import (
    BUNDLED_SCRIPTS,
    SCRIPTS,
    Script,
    languages_of,
    script_of,
    scripts_of,
)
from ocr_node.engines import EngineName, EngineSettings
from ocr_node.engines.bundled_models import DETECTION, RECOGNITION, bundled_models
from ocr_node.engines.model_cache import MODELS, WEIGHTS, downloaded_model
from ocr_node.engines.own_models import own_detection, own_recognition


def recognition_model(language: str, settings: EngineSettings) -> Path:
    """The folder of the model that reads `language`: the weights of the engine and inference.yml.

    Cheap once it was found: engines ask for every page.
    Raises: LanguageUnavailable with the file that is missing and where it belongs;
    EngineUnavailable if OCR_MODEL_DIR is not what it must be; InvalidOption for no language.
    """
    try:
        return _recognition(
            script_of(language), settings.name, settings.model_dir, settings.cache_dir
        )
    except LookupError:
        raise LanguageUnavailable(what_is_missing(language, settings)) from None


def detection_model(settings: EngineSettings) -> Path:
    """The folder of the model that finds lines, in any language. Raises: EngineUnavailable."""
    own = None
    if settings.model_dir is not None:
        own = own_detection(settings.name, settings.model_dir)
    if own is not None:
        return own
    if settings.name == "onnxruntime":
        return bundled_models(settings.cache_dir) / DETECTION
    kept = downloaded_model(DETECTION, settings.name)
    if kept is None:
        raise EngineUnavailable(
            "engine 'paddle' needs models in Paddle format; set OCR_MODEL_DIR to a folder "
            "with one folder *_det and one *_rec, or use OCR_ENGINE=onnxruntime"
        )
    return kept


def served_languages(settings: EngineSettings) -> tuple[str, ...]:
    """The languages that can be read now, by name: those whose models are at hand. If
    `settings.languages` names some, of these only, and of all that share a script with them.

    Raises: EngineUnavailable if OCR_MODEL_DIR is not what it must be.
    """
    return languages_of(script for script in _wanted(settings) if has_model(script, settings))


def has_model(script: Script, settings: EngineSettings) -> bool:
    """Whether a script can be read now, without unpacking or loading anything.

    Raises: EngineUnavailable as `served_languages`."""
    if settings.name == "echo":
        return True
    if settings.model_dir is not None and script in own_recognition(
        settings.name, settings.model_dir
    ):
        return True
    return (
        _comes_with_the_install(script, settings.name)
        or downloaded_model(MODELS[script], settings.name) is not None
    )


def what_is_missing(language: str, settings: EngineSettings) -> str:
    """The sentence for a language whose model is not at hand: which file belongs where."""
    name = MODELS[script_of(language)]
    files = f"{WEIGHTS[settings.name]} and inference.yml"
    if settings.name == "paddle":
        files = f"inference.json, {files}"
    where = (
        f"the folder {settings.model_dir / name}"
        if settings.model_dir is not None
        else f"a folder {name}, and let OCR_MODEL_DIR name the folder which that is in"
    )
    return (
        f"language {language!r} needs the model {name}, which is not on this machine; "
        f"put its {files} into {where}"
    )


def _wanted(settings: EngineSettings) -> tuple[Script, ...]:
    if settings.languages:
        return scripts_of(settings.languages)
    # The echo engine stands in for a default install.
    return BUNDLED_SCRIPTS if settings.name == "echo" else SCRIPTS


def _comes_with_the_install(script: Script, engine: EngineName) -> bool:
    return script in BUNDLED_SCRIPTS and engine == "onnxruntime"


@lru_cache(maxsize=64)
def _recognition(
    script: Script, engine: EngineName, model_dir: Path | None, cache_dir: Path
) -> Path:
    """Raises: LookupError, which is not kept: the model may come."""
    own = own_recognition(engine, model_dir) if model_dir is not None else {}
    if script in own:
        return own[script]
    if _comes_with_the_install(script, engine):
        return bundled_models(cache_dir) / RECOGNITION
    kept = downloaded_model(MODELS[script], engine)
    if kept is None:
        raise LookupError(script)
    return kept
