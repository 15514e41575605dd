"""Which model reads which language, and where it is on this machine.

All languages of one script are read by one model. The weights of the install read Latin letters,
Chinese and Japanese; for the other scripts PaddleOCR has models of its own, which are taken from
OCR_MODEL_DIR, or from where PaddleOCR's download keeps them. Nothing is fetched here.
"""

from collections.abc import Mapping
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
from ocr_node.engines.own_models import larger_recognition, own_detection, own_recognition


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


def larger_model(language: str, settings: EngineSettings) -> Path | None:
    """The folder of a larger model for `language`, if OCR_MODEL_DIR has one beside the usual one.

    Raises: InvalidOption for no language."""
    if settings.model_dir is None:
        return None
    return _larger(settings.name, settings.model_dir).get(script_of(language))


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


def missing_models(settings: EngineSettings) -> dict[str, str]:
    """The models, by PaddleOCR's names, that `settings.languages` need and that are not at hand,
    each with one of these languages. Raises: EngineUnavailable as `served_languages`."""
    missing: dict[str, str] = {}
    for language in settings.languages:
        if not has_model(script_of(language), settings):
            missing.setdefault(MODELS[script_of(language)], language)
    if settings.name == "paddle" and settings.languages and not _has_detection(settings):
        missing[DETECTION] = settings.languages[0]
    return missing


def what_is_missing(language: str, settings: EngineSettings) -> str:
    """The sentence for a language whose model is not at hand: which file belongs where."""
    name = MODELS[script_of(language)]
    needs = f"language {language!r} needs the model {name}, which is not on this machine; "
    place = where_to_put(name, settings)
    if settings.offline:
        return f"{needs}{place} (OCR_OFFLINE is true: nothing is fetched)"
    if not can_be_fetched(name, settings):
        return (
            f"{needs}PaddleOCR has it for PaddlePaddle only: use OCR_ENGINE=paddle, or convert it "
            f"with paddle2onnx and {place}"
        )
    return f"{needs}name the language in OCR_LANGUAGES, for a node to fetch it at start, or {place}"


def can_be_fetched(name: str, settings: EngineSettings) -> bool:
    """Whether PaddleOCR offers the model `name` in the form that the engine reads."""
    # PP-OCRv3 is the one generation without ONNX (ONNX_SUPPORTED_MODELS of PaddleX 3.7).
    return settings.name == "paddle" or "PP-OCRv3" not in name


def where_to_put(name: str, settings: EngineSettings) -> str:
    """What to do with the files of the model `name`, as a part of a sentence."""
    files = f"{WEIGHTS[settings.name]} and inference.yml"
    if settings.name == "paddle":
        files = f"inference.json, {files}"
    if settings.model_dir is not None:
        return f"put its {files} into the folder {settings.model_dir / name}"
    return f"put its {files} into a folder {name}, and let OCR_MODEL_DIR name the folder around it"


def _has_detection(settings: EngineSettings) -> bool:
    try:
        detection_model(settings)
    except EngineUnavailable:
        return False
    return True


def _wanted(settings: EngineSettings) -> tuple[Script, ...]:
    if settings.languages:
        return scripts_of(settings.languages)
    # The echo engine stands in for a default install.
    return BUNDLED_SCRIPTS if settings.name == "echo" else SCRIPTS


def _comes_with_the_install(script: Script, engine: EngineName) -> bool:
    return script in BUNDLED_SCRIPTS and engine == "onnxruntime"


@lru_cache(maxsize=8)
def _larger(engine: EngineName, model_dir: Path) -> Mapping[Script, Path]:
    return larger_recognition(engine, model_dir)


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
