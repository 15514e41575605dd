"""PP-OCR models fitted to a script and to this processor, made once and kept on disk."""

import contextlib
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import structlog

from contracts.errors import EngineUnavailable
from contracts.languages import Script
from ocr_node.engines.alphabets import alphabet_of
from ocr_node.engines.eight_bits import (
    in_eight_bits,
    known_ranges,
    processor_is_fast_with_them,
)
from ocr_node.engines.model_folder import dictionary, fingerprint, weights_of
from ocr_node.engines.spoilt_models import sweep

if TYPE_CHECKING:
    import onnx

log = structlog.get_logger(__name__)

# Changes when what is made of the same weights does, so that older files are not taken.
_REVISION: Final = 4
# The least release of the operators in which 8-bit weights may have a scale for each channel.
_OPERATORS: Final = 13


@dataclass(frozen=True, kw_only=True)
class FittedRecognition:
    """`exact` in single precision, `fast` in 8 bits where that pays, else the same file.

    `characters`: by class, the CTC blank (an empty text) first. `answers_characters`: the model
    answers index and probability for each step, not the probabilities of all classes.
    `any_height`: it reads lines of other heights than 48 px too.
    """

    exact: Path
    fast: Path
    characters: tuple[str, ...]
    answers_characters: bool
    any_height: bool


def fitted_in(cache_dir: Path) -> Path:
    """The folder of all that is made here."""
    return cache_dir / "fitted"


def fitted_detection(
    folder: Path, cache_dir: Path, *, eight_bits: bool = True, anywhere: bool = False
) -> Path:
    """The detection model of `folder`, in 8 bits where that pays (and `eight_bits` allows it), or
    `anywhere`: for a folder that other machines will use.

    Raises: EngineUnavailable."""
    source = fingerprint(folder)
    ranges = _ranges(source, eight_bits=eight_bits, anywhere=anywhere)
    if ranges is None:
        return weights_of(folder)
    fitted = _folder(cache_dir) / f"{source[:16]}-detection-int8-{_REVISION}.onnx"

    def make(out: Path) -> None:
        import onnx  # noqa: PLC0415

        _write_in_eight_bits(onnx.load(weights_of(folder)), ranges, out)

    return fitted if _made(fitted, make) else weights_of(folder)


def fitted_recognition(
    folder: Path,
    script: Script,
    cache_dir: Path,
    *,
    eight_bits: bool = True,
    anywhere: bool = False,
) -> FittedRecognition:
    """The recognition model of `folder`, for the letters of `script`; the rest as above.

    Models of a form that is not known are taken as they are. Raises: EngineUnavailable.
    """
    source = fingerprint(folder)
    name = f"{source[:16]}-{script}-{_REVISION}"
    cache = _folder(cache_dir)
    exact, about = cache / f"{name}.onnx", cache / f"{name}.json"
    told = _told(about)
    if told is None or not exact.exists():
        _fit_recognition(folder, script, exact, about)
        told = json.loads(about.read_text(encoding="utf-8"))
    fast = exact
    ranges = _ranges(source, eight_bits=eight_bits, anywhere=anywhere)
    if ranges is not None and told["any_height"]:
        held = cache / f"{name}-int8.onnx"

        def make(out: Path) -> None:
            import onnx  # noqa: PLC0415

            _write_in_eight_bits(onnx.load(exact), ranges, out)

        fast = held if _made(held, make) else exact
    return FittedRecognition(
        exact=exact,
        fast=fast,
        characters=tuple(told["characters"]),
        answers_characters=told["answers_characters"],
        any_height=told["any_height"],
    )


def _ranges(
    source: str, *, eight_bits: bool, anywhere: bool
) -> dict[str, tuple[float, float]] | None:
    pays = eight_bits and (anywhere or processor_is_fast_with_them())
    return known_ranges(source) if pays else None


def _told(about: Path) -> dict[str, Any] | None:
    """What stands beside a fitted model; None if it is not there, or was spoilt."""
    try:
        told = json.loads(about.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    whole = (
        isinstance(told, dict) and {"characters", "answers_characters", "any_height"} <= told.keys()
    )
    return told if whole else None


def _fit_recognition(folder: Path, script: Script, exact: Path, about: Path) -> None:
    import onnx  # noqa: PLC0415 - the first start of an install only

    from ocr_node.engines import graph_changes  # noqa: PLC0415

    characters = dictionary(folder)
    alphabet = alphabet_of(script)
    keep = [
        number
        for number, character in enumerate(characters)
        if alphabet is None or character in {"", " "} or character in alphabet
    ]
    try:
        model = onnx.load(weights_of(folder))
    except Exception as wrong:  # whatever its decoder raises
        raise EngineUnavailable(
            f"{weights_of(folder)} is no ONNX model ({type(wrong).__name__}); put the whole file "
            "there, or leave OCR_MODEL_DIR empty for the weights of the install"
        ) from wrong
    graph_changes.drop_identities(model)
    cut = graph_changes.answer_characters(model, keep)
    any_height = graph_changes.take_any_height(model)
    del model.metadata_props[:]  # the dictionary once more
    told = {
        "characters": [characters[number] for number in keep] if cut else characters,
        "answers_characters": cut,
        "any_height": any_height,
    }
    _put(exact, lambda out: onnx.save(model, out))
    _put(about, lambda out: out.write_text(json.dumps(told), encoding="utf-8"))


def _write_in_eight_bits(
    model: "onnx.ModelProto", ranges: dict[str, tuple[float, float]], out: Path
) -> None:
    import onnx  # noqa: PLC0415

    onnx.save(in_eight_bits(prepared_for_eight_bits(model, out), ranges), out)


def prepared_for_eight_bits(model: "onnx.ModelProto", scratch: Path) -> "onnx.ModelProto":
    """The model with what belongs together in one node: convolutions with their bias, GELU.

    `scratch`: a file of no interest to others, for what ONNX Runtime hands back through the disk.
    """
    import onnx  # noqa: PLC0415
    import onnx.version_converter  # noqa: PLC0415
    import onnxruntime  # noqa: PLC0415

    from ocr_node.engines import graph_changes  # noqa: PLC0415

    model = onnx.version_converter.convert_version(model, _OPERATORS)
    graph_changes.drop_identities(model)
    graph_changes.fuse_gelu(model)
    graph_changes.average_by_pooling(model)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(scratch)
    onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return onnx.load(scratch)


def _made(path: Path, make: Callable[[Path], None]) -> bool:
    """Whether the file is there, made now if it was not. What fails costs speed, not the node."""
    if not path.exists():
        try:
            _put(path, make)
        except EngineUnavailable:
            raise
        except Exception as wrong:  # libraries of three projects
            log.warning(
                "a model stays in single precision: it cannot be held in 8 bits",
                model=path.name,
                reason=f"{type(wrong).__name__}: {wrong}"[:300],
            )
            return False
    return True


def _folder(cache_dir: Path) -> Path:
    folder = fitted_in(cache_dir)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        sweep(folder)
    except OSError as wrong:
        raise _cannot_keep(folder, wrong) from wrong
    return folder


def _put(path: Path, write: Callable[[Path], object]) -> None:
    """Whole or not at all: two processes may fit the same model at once."""
    fresh = path.with_name(f".{secrets.token_hex(4)}-{path.name}")
    try:
        write(fresh)
        os.replace(fresh, path)  # noqa: PTH105 - as in bundled_models
    except OSError as wrong:
        raise _cannot_keep(path.parent, wrong) from wrong
    finally:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)


def _cannot_keep(folder: Path, wrong: OSError) -> EngineUnavailable:
    return EngineUnavailable(
        f"OCR models cannot be kept in {folder} ({wrong.strerror}); make it writable, or set "
        "OCR_CACHE_DIR to a folder that is"
    )
