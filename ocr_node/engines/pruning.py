"""Models with fewer hidden channels: what those that are gone told, the others tell.

A hidden layer is two convolutions of 1x1 with GELU between them. Which of its channels stay, and
the weights of the second convolution with which these come nearest to what all of them told, was
found once on generated pages (bench/channel_pruning.py) and stands in pruned/NAME.npz, by the hash
of the weights and the scripts of the pages: for others there is none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zipfile import BadZipFile

import numpy as np
import structlog
from numpy.typing import NDArray

if TYPE_CHECKING:
    import onnx

log = structlog.get_logger(__name__)

_PRUNED: Final = Path(__file__).parent / "pruned"
_NAMES: Final = ("into", "into_bias", "out", "out_bias")  # of a HiddenLayer


@dataclass(frozen=True, kw_only=True, slots=True)
class HiddenLayer:
    """The names of the weights and biases of the two convolutions, into the hidden channels and
    out of them."""

    into: str
    into_bias: str
    out: str
    out_bias: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PrunedLayer:
    """`kept`: the channels that stay, ascending. `weights`, shape (channels put out, kept), and
    `bias`, shape (channels put out,), of the convolution behind them."""

    layer: HiddenLayer
    kept: NDArray[np.integer[Any]]
    weights: NDArray[np.floating[Any]]
    bias: NDArray[np.floating[Any]]


def known_pruning(weights_sha256: str, script: str, *, folder: Path = _PRUNED) -> Path | None:
    """The file of the layers of these weights that have fewer channels for `script`, if any. One
    that is damaged costs speed, and a warning."""
    for path in sorted(folder.glob("*.npz")):
        try:
            # Of a damaged file NumPy leaves one open that it has opened itself.
            with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
                fits = str(held["weights_sha256"]) == weights_sha256 and script in held["scripts"]
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as wrong:
            log.warning(
                "pages are read more slowly: a file of the install is damaged; install the release "
                "anew",
                file=str(path),
                reason=f"{type(wrong).__name__}: {wrong}"[:300],
            )
            continue
        if fits:
            return path
    return None


def pruned_layers_in(path: Path) -> list[PrunedLayer]:
    """What `keep_pruning` wrote. Raises: what NumPy does of a damaged file."""
    with np.load(path, allow_pickle=False) as held:
        return [
            PrunedLayer(
                layer=HiddenLayer(**dict(zip(_NAMES, names, strict=True))),
                kept=held[f"{number}.kept"],
                weights=held[f"{number}.weights"],
                bias=held[f"{number}.bias"],
            )
            for number, names in enumerate(held["layers"].tolist())
        ]


def keep_pruning(
    path: Path, layers: Sequence[PrunedLayer], *, weights_sha256: str, scripts: Sequence[str]
) -> None:
    """Writes a file for `known_pruning`. Weights in 16 bits: rounding them changes far less than
    the channels that went."""
    arrays: dict[str, NDArray[Any]] = {
        "weights_sha256": np.array(weights_sha256),
        "scripts": np.array(scripts),
        "layers": np.array([[getattr(each.layer, name) for name in _NAMES] for each in layers]),
    }
    for number, each in enumerate(layers):
        arrays[f"{number}.kept"] = each.kept.astype(np.uint16)
        arrays[f"{number}.weights"] = each.weights.astype(np.float16)
        arrays[f"{number}.bias"] = each.bias.astype(np.float32)
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type] # its keywords are the names


def prune(model: "onnx.ModelProto", layers: Sequence[PrunedLayer]) -> None:
    """Takes the channels out of `model` that are not kept.

    Raises: KeyError, ValueError, IndexError if it is not the model that they were found in."""
    from onnx import numpy_helper  # noqa: PLC0415 - 80 ms, when a model is made only

    constants = {each.name: each for each in model.graph.initializer}

    def put(name: str, numbers: NDArray[Any]) -> None:
        whole = np.ascontiguousarray(numbers, dtype=np.float32)
        constants[name].CopyFrom(numpy_helper.from_array(whole, name))

    for each in layers:
        layer = each.layer
        into, into_bias, out_bias = (
            numpy_helper.to_array(constants[name])
            for name in (layer.into, layer.into_bias, layer.out_bias)
        )
        channels_out = constants[layer.out].dims[0]
        if each.weights.shape != (channels_out, len(each.kept)):
            raise ValueError(
                f"{layer.out} puts out {channels_out} channels and keeps {len(each.kept)}, not "
                f"{each.weights.shape}"
            )
        put(layer.into, into[each.kept])
        # (channels,), or (1, channels, 1, 1) where it is added after the convolution.
        bias = into_bias.reshape(-1)[each.kept]
        put(layer.into_bias, bias.reshape([-1 if side > 1 else 1 for side in into_bias.shape]))
        put(layer.out, each.weights[:, :, None, None])
        put(layer.out_bias, each.bias.reshape(out_bias.shape))
    del model.graph.value_info[:]  # the shapes of before
