"""A model as PaddleOCR lays it out: a folder with inference.onnx and inference.yml."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from contracts.errors import EngineUnavailable

# What PP-OCR's detection models are trained with; the same in all of their inference.yml.
_MEAN: Final = (0.485, 0.456, 0.406)
_DEVIATION: Final = (0.229, 0.224, 0.225)


@dataclass(frozen=True, kw_only=True)
class DetectionOptions:
    """`mean`, `deviation`: of blue, green, red, in shares of full brightness. `threshold`: a pixel
    is text from here on; `box_threshold`: the mean over a box that counts; `unclip_ratio`: how much
    boxes grow, since the model finds the core of a line."""

    mean: tuple[float, float, float] = _MEAN
    deviation: tuple[float, float, float] = _DEVIATION
    threshold: float = 0.3
    box_threshold: float = 0.6
    unclip_ratio: float = 1.5


def weights_of(folder: Path) -> Path:
    """The ONNX file of a model folder."""
    return folder / "inference.onnx"


def fingerprint(folder: Path) -> str:
    """SHA-256 of the weights, in hexadecimal digits. Raises: EngineUnavailable."""
    try:
        with weights_of(folder).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as wrong:
        raise EngineUnavailable(
            f"the model in {folder} cannot be read ({wrong.strerror}); make inference.onnx "
            "readable, or set OCR_MODEL_DIR to another folder"
        ) from wrong


def detection_options(folder: Path) -> DetectionOptions:
    """What the folder's inference.yml says of it. Raises: EngineUnavailable."""
    config = _config(folder)
    known = DetectionOptions()
    try:
        steps = {
            name: options
            for step in config.get("PreProcess", {}).get("transform_ops", [])
            for name, options in step.items()
        }
        normalise = steps.get("NormalizeImage") or {}
        post = config.get("PostProcess") or {}
        return DetectionOptions(
            mean=_three(normalise.get("mean", known.mean)),
            deviation=_three(normalise.get("std", known.deviation)),
            threshold=float(post.get("thresh", known.threshold)),
            box_threshold=float(post.get("box_thresh", known.box_threshold)),
            unclip_ratio=float(post.get("unclip_ratio", known.unclip_ratio)),
        )
    except (AttributeError, TypeError, ValueError) as wrong:
        raise _not_understood(folder) from wrong


def dictionary(folder: Path) -> list[str]:
    """The characters of a recognition model by class: the CTC blank (an empty text) first, the
    space last. Raises: EngineUnavailable."""
    try:
        characters = _config(folder)["PostProcess"]["character_dict"]
        return ["", *map(str, characters), " "]
    except (KeyError, TypeError) as wrong:
        raise _not_understood(folder) from wrong


def _config(folder: Path) -> dict[str, Any]:
    import yaml  # noqa: PLC0415 - what only asks which models there are reads none

    # The C parser reads a dictionary of 18,708 characters in 0.1 s, the other one in 2 s.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        with (folder / "inference.yml").open(encoding="utf-8") as file:
            config = yaml.load(file, Loader=loader)  # noqa: S506 - both are safe loaders
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as wrong:
        raise _not_understood(folder) from wrong
    if not isinstance(config, dict):
        raise _not_understood(folder)
    return config


def _three(values: Any) -> tuple[float, float, float]:
    first, second, third = (float(value) for value in values)
    return first, second, third


def _not_understood(folder: Path) -> EngineUnavailable:
    return EngineUnavailable(
        f"{folder / 'inference.yml'} is missing or is not the configuration of a PP-OCR model; put "
        "the file there that came with the weights, remove the folder if it lies in OCR_CACHE_DIR "
        "(it is made anew), or set OCR_MODEL_DIR to another folder"
    )
