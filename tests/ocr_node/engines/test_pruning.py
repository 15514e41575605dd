"""Recognition with fewer hidden channels."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from structlog.testing import capture_logs

from bench.flops import FlopCounter
from bench.seen_by_models import seen_by_models
from ocr_node.engines import fitted_models
from ocr_node.engines.bundled_models import RECOGNITION, bundled_models
from ocr_node.engines.fitted_models import FittedRecognition, fitted_recognition
from ocr_node.engines.model_folder import fingerprint
from ocr_node.engines.network import Network
from ocr_node.engines.pruning import (
    HiddenLayer,
    PrunedLayer,
    keep_pruning,
    known_pruning,
    prune,
    pruned_layers_in,
)
from tests.ocr_node.engines.onnx_outputs import outputs

LAYER = HiddenLayer(into="into", into_bias="into_bias", out="out", out_bias="out_bias")
Numbers = NDArray[np.float32]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def weights(cache: Path) -> Path:
    return bundled_models(cache) / RECOGNITION


@pytest.fixture(scope="module", autouse=True)
def a_processor_without_eight_bits() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitted_models, "processor_is_fast_with_them", lambda: False)
        yield


@pytest.fixture(scope="module")
def latin(weights: Path, cache: Path) -> FittedRecognition:
    return fitted_recognition(weights, "latin", cache)


def layer_whose_channels_come_twice(seed: int) -> tuple[onnx.ModelProto, dict[str, Numbers]]:
    """Six hidden channels; the last three are the first three once more."""
    chance = np.random.default_rng(seed)
    half = chance.normal(size=(3, 2, 1, 1)), chance.normal(size=(1, 3, 1, 1))
    constants = {
        "into": np.concatenate([half[0], half[0]]),
        "into_bias": np.concatenate([half[1], half[1]], axis=1),
        "out": chance.normal(size=(4, 6, 1, 1)),
        "out_bias": chance.normal(size=(1, 4, 1, 1)),
    }
    held = {name: numbers.astype(np.float32) for name, numbers in constants.items()}
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["image", "into"], ["a"]),
            helper.make_node("Add", ["a", "into_bias"], ["b"]),
            helper.make_node("Relu", ["b"], ["c"]),
            helper.make_node("Conv", ["c", "out"], ["d"]),
            helper.make_node("Add", ["d", "out_bias"], ["answer"]),
        ],
        "layer",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [None, 2, None, None])],
        [helper.make_tensor_value_info("answer", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(numbers, name) for name, numbers in held.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return model, held


def without_the_second_three(constants: dict[str, Numbers]) -> PrunedLayer:
    out = constants["out"][:, :, 0, 0]
    return PrunedLayer(
        layer=LAYER,
        kept=np.array([0, 1, 2]),
        weights=out[:, :3] + out[:, 3:],
        bias=constants["out_bias"].reshape(-1),
    )


def test_channels_that_others_can_stand_in_for_go_without_a_trace() -> None:
    model, constants = layer_whose_channels_come_twice(seed=5)
    images = np.random.default_rng(6).normal(size=(2, 2, 3, 5)).astype(np.float32)
    (before,) = outputs(model, images)
    prune(model, [without_the_second_three(constants)])
    shapes = {each.name: list(each.dims) for each in model.graph.initializer}
    assert shapes == {
        "into": [3, 2, 1, 1],
        "into_bias": [1, 3, 1, 1],
        "out": [4, 3, 1, 1],
        "out_bias": [1, 4, 1, 1],
    }
    (after,) = outputs(model, images)
    assert np.allclose(before, after, atol=1e-5)


def test_what_is_kept_on_disk_is_found_by_weights_and_script(tmp_path: Path) -> None:
    _, constants = layer_whose_channels_come_twice(seed=7)
    layer = without_the_second_three(constants)
    keep_pruning(tmp_path / "a.npz", [layer], weights_sha256="ab", scripts=["latin", "greek"])
    for script in ("latin", "greek"):
        path = known_pruning("ab", script, folder=tmp_path)
        assert path == tmp_path / "a.npz"
        (found,) = pruned_layers_in(path)
        assert found.layer == LAYER
        assert found.kept.tolist() == [0, 1, 2]
        assert np.allclose(found.weights, layer.weights, rtol=1e-3, atol=1e-3)
        assert np.allclose(found.bias, layer.bias)
    assert known_pruning("ab", "han", folder=tmp_path) is None
    assert known_pruning("cd", "latin", folder=tmp_path) is None


def test_the_weights_of_the_install_are_pruned_for_latin_letters_only(
    weights: Path, cache: Path, latin: FittedRecognition
) -> None:
    assert known_pruning(fingerprint(weights), "latin")
    assert latin.fast == latin.counted != latin.exact
    han = fitted_recognition(weights, "han", cache)
    assert han.exact == han.counted == han.fast
    whole = fitted_recognition(weights, "latin", cache, eight_bits=False)
    assert whole.exact == whole.counted == whole.fast == latin.exact


def test_a_pruned_model_takes_a_fifth_less(latin: FittedRecognition) -> None:
    shape = (1, 3, 32, 640)
    whole, pruned = (FlopCounter(each).count(shape) for each in (latin.exact, latin.fast))
    assert pruned.products < 0.82 * whole.products


def test_a_pruned_model_reads_what_the_whole_one_reads(
    cache: Path, latin: FittedRecognition
) -> None:
    # Pages over which it was not found.
    lines = seen_by_models(1, cache, seed=77)["recognition"]
    whole, pruned = (Network(each, kind="", threads=2) for each in (latin.exact, latin.fast))
    same = steps = 0
    for images in lines:
        (characters, _), (others, _) = whole.run(images), pruned.run(images)
        same += int((characters == others).sum())
        steps += characters.size
    assert steps > 1000
    assert same / steps > 0.95


def test_what_is_held_in_eight_bits_has_all_channels(weights: Path, cache: Path) -> None:
    fitted = fitted_recognition(weights, "latin", cache, anywhere=True)
    assert fitted.counted == fitted.exact
    assert fitted.fast.name == f"{fitted.exact.stem}-int8.onnx"
    loaded = Network(fitted.fast, kind="", threads=1)
    characters, shares = loaded.run(np.zeros((1, 3, 32, 64), np.float32))
    assert characters.shape == shares.shape == (1, 8)


@pytest.mark.parametrize("damage", [b"", b"version https://", None])
def test_a_damaged_pruning_costs_speed_and_is_told(
    weights: Path, tmp_path: Path, damage: bytes | None
) -> None:
    shipped = known_pruning(fingerprint(weights), "latin")
    assert shipped is not None
    content = shipped.read_bytes()
    (tmp_path / "a.npz").write_bytes(content[:1000] if damage is None else damage)
    with capture_logs() as told:
        assert known_pruning(fingerprint(weights), "latin", folder=tmp_path) is None
    assert ["install the release anew" in each["event"] for each in told] == [True]


def test_a_pruning_of_other_weights_costs_speed_and_not_the_node(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, constants = layer_whose_channels_come_twice(seed=8)
    path = tmp_path / "others.npz"
    layer = without_the_second_three(constants)
    keep_pruning(path, [layer], weights_sha256=fingerprint(weights), scripts=["latin"])
    monkeypatch.setattr("ocr_node.engines.fitted_models.known_pruning", lambda *_: path)
    fitted = fitted_recognition(weights, "latin", tmp_path)
    assert fitted.exact == fitted.counted == fitted.fast
