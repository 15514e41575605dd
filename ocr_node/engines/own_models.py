"""The models in OCR_MODEL_DIR: one folder each, named as PaddleOCR names them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from contracts.errors import EngineUnavailable
from contracts.languages import BUNDLED_SCRIPTS, Script
from ocr_node.engines.bundled_models import RECOGNITION
from ocr_node.engines.model_cache import MODELS, WEIGHTS, is_whole

# The first word of a folder's name that says for which script it is; all others are for any text
# in Latin letters, Chinese and Japanese.
_WORDS: Final[dict[str, Script]] = {
    "latin": "latin",
    "en": "latin",
    **{name.partition("_")[0]: script for script, name in MODELS.items() if name != RECOGNITION},
}


# The words in the names of PaddleOCR's larger models.
_LARGER: Final = ("_server_", "_medium_", "_large_")


def larger_recognition(engine: str, model_dir: Path) -> Mapping[Script, Path]:
    """The folders *_rec of larger models that stand beside a smaller one for the same script: for
    pages that the smaller one reads with little confidence."""
    by_script: dict[Script, list[Path]] = {}
    for folder in _folders(model_dir, "_rec"):
        if is_whole(folder, engine):
            script = _WORDS.get(folder.name.partition("_")[0])
            for each in BUNDLED_SCRIPTS if script is None else (script,):
                by_script.setdefault(each, []).append(folder)
    return {
        script: larger[0]
        for script, folders in by_script.items()
        if (larger := _larger_of(folders)) and len(larger) < len(folders)
    }


def _larger_of(folders: Sequence[Path]) -> list[Path]:
    return [folder for folder in folders if any(word in folder.name for word in _LARGER)]


def own_recognition(engine: str, model_dir: Path) -> Mapping[Script, Path]:
    """The folders *_rec by the script that they read. One that is named after no script reads what
    the weights of the install read.

    Raises: EngineUnavailable if two are for the same, or what is there is of no use.
    """
    general: list[Path] = []
    by_script: dict[Script, list[Path]] = {}
    for folder in _folders(model_dir, "_rec"):
        script = _WORDS.get(folder.name.partition("_")[0])
        (general if script is None else by_script.setdefault(script, [])).append(folder)
    found: dict[Script, Path] = {}
    if general:
        found.update(dict.fromkeys(BUNDLED_SCRIPTS, _only(general, engine, RECOGNITION)))
    for script, folders in by_script.items():
        whole = [folder for folder in folders if is_whole(folder, engine)]
        if whole:
            found[script] = _only(whole, engine, MODELS[script])
    if not found and not by_script:
        raise _wrong(model_dir, "_rec", engine)
    return found


def own_detection(engine: str, model_dir: Path) -> Path | None:
    """The folder *_det; None if there are folders *_rec alone. Raises: EngineUnavailable."""
    folders = _folders(model_dir, "_det")
    if folders:
        return _only(folders, engine, "")
    if not _folders(model_dir, "_rec"):
        raise _wrong(model_dir, "_det", engine)
    return None


def _folders(model_dir: Path, ending: str) -> list[Path]:
    # Under the names that PaddleOCR's download gives them too.
    return sorted([*model_dir.glob(f"*{ending}"), *model_dir.glob(f"*{ending}_onnx")])


def _only(folders: Sequence[Path], engine: str, name: str) -> Path:
    """The whole one; of several the one that is called `name`. Raises: EngineUnavailable."""
    whole = [folder for folder in folders if is_whole(folder, engine)]
    # Larger models beside smaller ones are for second passes.
    whole = [folder for folder in whole if folder not in _larger_of(whole)] or whole
    named = [folder for folder in whole if folder.name in {name, f"{name}_onnx"}]
    if len(whole) != 1 and len(named) != 1:
        ending = "_det" if "_det" in folders[0].name else "_rec"
        raise _wrong(folders[0].parent, ending, engine, [folder.name for folder in whole])
    return whole[0] if len(whole) == 1 else named[0]


def _wrong(
    model_dir: Path, ending: str, engine: str, several: Sequence[str] = ()
) -> EngineUnavailable:
    there = f" and holds {', '.join(several)}" if several else ""
    purpose = " for a script" if ending == "_rec" else ""
    return EngineUnavailable(
        f"OCR_MODEL_DIR {model_dir} must hold exactly one folder *{ending}{purpose} with "
        f"{WEIGHTS[engine]} and inference.yml in it{there}; correct it, or leave it empty for the "
        "weights of the install"
    )
