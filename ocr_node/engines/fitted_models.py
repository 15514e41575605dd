"""PP-OCR models fitted to a script and to this processor, made once and kept on disk."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from contracts.errors import EngineUnavailable
from contracts.languages import Script
from ocr_node.engines.alphabets import alphabet_of
from ocr_node.engines.eight_bit_support import Ranges, known_ranges, processor_is_fast_with_them
from ocr_node.engines.fitted_files import folder_for_fitted, is_made, put
from ocr_node.engines.model_folder import dictionary, fingerprint, weights_of
from ocr_node.engines.pruning import known_pruning, prune, pruned_layers_in

# Changes when what is made of the same weights does, so that older files are not taken.
_REVISION: Final = 4


@dataclass(frozen=True, kw_only=True)
class FittedRecognition:
    """`exact` with all that the weights have, in single precision. `fast` in 8 bits where that
    pays, else with fewer hidden channels where it is known which, else the same file; `counted`
    has the same channels in single precision.

    `characters`: by class, the CTC blank (an empty text) first. `answers_characters`: the model
    answers index and probability for each step, not the probabilities of all classes.
    `any_height`: it reads lines of other heights than 48 px too.
    """

    exact: Path
    fast: Path
    counted: Path
    characters: tuple[str, ...]
    answers_characters: bool
    any_height: bool


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
    fitted = folder_for_fitted(cache_dir) / f"{source[:16]}-detection-int8-{_REVISION}.onnx"

    def make(out: Path) -> None:
        import onnx  # noqa: PLC0415 - the first start of an install only

        _write_in_eight_bits(onnx.load(weights_of(folder)), ranges, out)

    return fitted if is_made(fitted, make) else weights_of(folder)


def fitted_recognition(
    folder: Path,
    script: Script,
    cache_dir: Path,
    *,
    eight_bits: bool = True,
    anywhere: bool = False,
) -> FittedRecognition:
    """The recognition model of `folder`, for the letters of `script`; the rest as above. Without
    `eight_bits` it has all channels too; `anywhere` makes what any processor would look for.

    Models of a form that is not known are taken as they are. Raises: EngineUnavailable.
    """
    source = fingerprint(folder)
    name = f"{source[:16]}-{script}-{_REVISION}"
    cache = folder_for_fitted(cache_dir)
    exact, about = cache / f"{name}.onnx", cache / f"{name}.json"
    told = _told(about)
    if told is None or not exact.exists():
        _fit_recognition(folder, script, exact, about)
        told = json.loads(about.read_text(encoding="utf-8"))
    fast = counted = exact
    if told["any_height"] and eight_bits:
        ranges = _ranges(source, eight_bits=eight_bits, anywhere=anywhere)
        if ranges is not None:
            fast = _in_eight_bits(exact, ranges)
        # Both at once cost more accuracy than there is to spare (ADR 21).
        pruned = _pruned(exact, source, script) if fast == exact or anywhere else exact
        if fast == exact:
            fast = counted = pruned
    return FittedRecognition(
        exact=exact,
        fast=fast,
        counted=counted,
        characters=tuple(told["characters"]),
        answers_characters=told["answers_characters"],
        any_height=told["any_height"],
    )


def _pruned(exact: Path, source: str, script: Script) -> Path:
    pruning = known_pruning(source, script)
    if pruning is None:
        return exact
    # By its content: another pruning of the same weights is another model.
    digest = hashlib.sha256(pruning.read_bytes()).hexdigest()
    pruned = exact.with_name(f"{exact.stem}-pruned-{digest[:8]}.onnx")

    def make(out: Path) -> None:
        import onnx  # noqa: PLC0415 - as above

        model = onnx.load(exact)
        prune(model, pruned_layers_in(pruning))
        onnx.save(model, out)

    return pruned if is_made(pruned, make) else exact


def _in_eight_bits(model: Path, ranges: Ranges) -> Path:
    held = model.with_name(f"{model.stem}-int8.onnx")

    def make(out: Path) -> None:
        import onnx  # noqa: PLC0415 - as above

        _write_in_eight_bits(onnx.load(model), ranges, out)

    return held if is_made(held, make) else model


def _write_in_eight_bits(model: Any, ranges: Ranges, out: Path) -> None:
    import onnx  # noqa: PLC0415 - as above

    from ocr_node.engines.eight_bits import in_eight_bits, prepared_for_eight_bits  # noqa: PLC0415

    onnx.save(in_eight_bits(prepared_for_eight_bits(model, out), ranges), out)


def _ranges(source: str, *, eight_bits: bool, anywhere: bool) -> Ranges | None:
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
    put(exact, lambda out: onnx.save(model, out))
    put(about, lambda out: out.write_text(json.dumps(told), encoding="utf-8"))
