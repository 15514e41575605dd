"""Finds the hidden channels that recognition of Latin letters needs least, for fewer of them.

    ./dev python -m bench.channel_pruning

Over generated pages (no real documents), and writes ocr_node/engines/pruned/NAME.npz: to be run
when the install gets other weights; 20 minutes of two cores. First each hidden layer is looked at
by itself, to share out how many channels go. Then they go layer by layer, and each layer's new
weights also make up for what the layers before it have lost.
"""

import argparse
import copy
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime import InferenceSession, SessionOptions

from bench.hidden_channels import Matrix, removal, shared_out, weights_of_kept
from bench.seen_by_models import seen_by_models
from ocr_node.engines import pruning
from ocr_node.engines.bundled_models import RECOGNITION, bundled_models
from ocr_node.engines.fitted_models import fitted_recognition
from ocr_node.engines.graph_changes import gelu_around, makers_and_users
from ocr_node.engines.model_folder import fingerprint
from ocr_node.engines.pruning import HiddenLayer, PrunedLayer, keep_pruning, prune

Images = Sequence[NDArray[np.float32]]

# The share of all hidden channels that goes: with more, receipts lose half a point of word F1.
_SHARE = 0.25
# Channels that processors multiply side by side.
_STEP = 16
# Of the mean variance, added to each channel's: nothing is made of what hardly ever differs.
_DAMPING = 1e-3


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a hidden layer stands. Names of tensors: `hidden`, its channels; `past`, what it is
    added to (None if to nothing); `sum`, what comes of it."""

    layer: HiddenLayer
    hidden: str
    past: str | None
    sum: str


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Over all samples: of the hidden channels (h) their `mean` and `covariance` (h, h); of what
    shall stand behind them (o) its `wanted_mean` and its covariance with them, (o, h); `variance`
    of the sum, all channels of it together."""

    mean: Matrix
    covariance: Matrix
    wanted_mean: Matrix
    wanted: Matrix
    variance: float


def hidden_layers(model: onnx.ModelProto) -> list[Place]:
    """All pairs of convolutions of 1x1 with GELU between them, in the order of the graph."""
    constants = {each.name: list(each.dims) for each in model.graph.initializer}
    makers, users = makers_and_users(model.graph)
    found = []
    for erf in [node for node in model.graph.node if node.op_type == "Erf"]:
        five = gelu_around(erf, makers, users)
        if five is None:
            continue
        add_into, (out, *_) = makers[five[0].input[0]], users[five[-1].output[0]]
        into, add_out = makers[add_into.input[0]], users[out.output[0]][0]
        behind = users[add_out.output[0]]
        plus = behind[0] if [each.op_type for each in behind] == ["Add"] else None
        if constants[into.input[1]][2:] != [1, 1] or constants[out.input[1]][2:] != [1, 1]:
            continue
        found.append(
            Place(
                layer=HiddenLayer(
                    into=into.input[1],
                    into_bias=_constant(add_into, constants),
                    out=out.input[1],
                    out_bias=_constant(add_out, constants),
                ),
                hidden=five[-1].output[0],
                past=None
                if plus is None
                else next(each for each in plus.input if each != add_out.output[0]),
                sum=(plus or add_out).output[0],
            )
        )
    return found


def _constant(node: onnx.NodeProto, constants: dict[str, list[int]]) -> str:
    return next(str(name) for name in node.input if name in constants)


def _look(
    whole: onnx.ModelProto, pruned: onnx.ModelProto, place: Place, images: Images, threads: int
) -> Seen:
    """The hidden channels of `pruned` beside what stands behind them in `whole`."""
    past = [] if place.past is None else [place.past]
    of_whole = _session(whole, [place.sum], threads)
    of_pruned = _session(pruned, [place.hidden, *past], threads)
    given = whole.graph.input[0].name
    count = 0
    sums: list[Matrix] = []
    for image in images:
        total = _samples(of_whole.run(None, {given: image})[0])
        hidden, *rest = [_samples(each) for each in of_pruned.run(None, {given: image})]
        wanted = total - rest[0] if rest else total
        count += len(hidden)
        parts = [
            hidden.sum(0, dtype=np.float64),
            (hidden.T @ hidden).astype(np.float64),
            wanted.sum(0, dtype=np.float64),
            (wanted.T @ hidden).astype(np.float64),
            total.sum(0, dtype=np.float64),
            (total**2).sum(0, dtype=np.float64),
        ]
        sums = [old + new for old, new in zip(sums, parts, strict=True)] if sums else parts
    mean, squares, wanted_mean, products, total_mean, total_squares = (
        each / count for each in sums
    )
    return Seen(
        mean=mean,
        covariance=squares - np.outer(mean, mean),
        wanted_mean=wanted_mean,
        wanted=products - np.outer(wanted_mean, mean),
        variance=float((total_squares - total_mean**2).sum()),
    )


def _samples(tensor: NDArray[np.float32]) -> NDArray[np.float32]:
    """(images, channels, height, width) as (samples, channels)."""
    return tensor.transpose(0, 2, 3, 1).reshape(-1, tensor.shape[1])


def _session(model: onnx.ModelProto, outputs: list[str], threads: int) -> InferenceSession:
    """What computes `outputs`, and nothing else: ONNX Runtime computes what nobody asks
    for too."""
    needed, nodes = set(outputs), []
    for node in reversed(model.graph.node):
        if needed & set(node.output):
            nodes.append(node)
            needed |= set(node.input)
    graph = helper.make_graph(
        nodes[::-1],
        "part",
        list(model.graph.input),
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        list(model.graph.initializer),
    )
    part = helper.make_model(graph, opset_imports=list(model.opset_import))
    part.ir_version = model.ir_version
    options = SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    options.enable_mem_pattern = False
    return InferenceSession(part.SerializeToString(), options, providers=["CPUExecutionProvider"])


def _damped(seen: Seen) -> Matrix:
    variance = float(np.trace(seen.covariance)) / len(seen.covariance)
    damped: Matrix = seen.covariance + _DAMPING * variance * np.eye(len(seen.covariance))
    return damped


def _without(seen: Seen, weights: Matrix, gone: int, place: Place) -> PrunedLayer:
    """The layer without `gone` of its channels; `weights` (o, h) are those of the whole model."""
    covariance = _damped(seen)
    # Where samples say nothing, the weights stay as they were.
    wanted = seen.wanted + weights @ (covariance - seen.covariance)
    best: Matrix = np.linalg.solve(covariance, wanted.T).T
    order = removal(covariance, best).order
    kept = sorted(set(range(len(covariance))) - set(order[:gone]))
    out = weights_of_kept(covariance, best, kept)
    return PrunedLayer(
        layer=place.layer,
        kept=np.array(kept),
        weights=out,
        bias=seen.wanted_mean - out @ seen.mean[kept],
    )


def pruned_layers(
    model: onnx.ModelProto, images: Images, *, share: float, threads: int
) -> list[PrunedLayer]:
    """The hidden layers of `model`, `share` of whose channels go, by what `images` make of it."""
    constants = {each.name: each for each in model.graph.initializer}
    places = hidden_layers(model)
    weights = [
        numpy_helper.to_array(constants[place.layer.out])[:, :, 0, 0].astype(np.float64)
        for place in places
    ]
    lost = []
    for place, of_place in zip(places, weights, strict=True):
        seen = _look(model, model, place, images[::4], threads)
        lost.append(removal(_damped(seen), of_place).lost / seen.variance)
    all_channels = sum(of_place.shape[1] for of_place in weights)
    gone = shared_out(lost, round(share * all_channels), step=_STEP)
    pruned, layers = copy.deepcopy(model), []
    for number, place in enumerate(places):
        seen = _look(model, pruned, place, images, threads)
        layers.append(_without(seen, weights[number], gone[number], place))
        prune(pruned, layers[-1:])
        kept = len(layers[-1].kept)
        print(f"{place.hidden}: {kept} of {weights[number].shape[1]} channels", flush=True)
    return layers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=60)
    parser.add_argument("--share", type=float, default=_SHARE, help="of all channels that go")
    parser.add_argument("--out", type=Path, default=Path(pruning.__file__).parent / "pruned")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        # Every third batch of lines: all of them bring no more.
        images = seen_by_models(arguments.pages, scratch)["recognition"][::3]
        weights = bundled_models(scratch) / RECOGNITION
        model = onnx.load(fitted_recognition(weights, "latin", scratch, eight_bits=False).exact)
        layers = pruned_layers(
            model, images, share=arguments.share, threads=len(os.sched_getaffinity(0))
        )
        arguments.out.mkdir(exist_ok=True)
        path = arguments.out / f"{RECOGNITION}.npz"
        keep_pruning(path, layers, weights_sha256=fingerprint(weights), scripts=["latin"])
    print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
