"""What is done to models: they compute the same, for less."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from ocr_node.engines import graph_changes
from ocr_node.engines.bundled_models import DETECTION, RECOGNITION, bundled_models
from ocr_node.engines.eight_bits import prepared_for_eight_bits
from ocr_node.engines.model_folder import weights_of
from tests.ocr_node.engines.onnx_outputs import outputs

Images = NDArray[np.float32]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundled_models(tmp_path_factory.mktemp("models"))


def noise(height: int, width: int) -> Images:
    return np.random.default_rng(3).normal(size=(2, 3, height, width)).astype(np.float32)


def test_recognition_answers_the_likeliest_character_and_its_probability(models: Path) -> None:
    whole = onnx.load(weights_of(models / RECOGNITION))
    images = noise(48, 160)
    (probabilities,) = outputs(whole, images)
    cut = onnx.load(weights_of(models / RECOGNITION))
    graph_changes.drop_identities(cut)
    assert graph_changes.answer_characters(cut, range(probabilities.shape[2]))
    assert graph_changes.take_any_height(cut)
    index, probability = outputs(cut, images)
    assert (index == probabilities.argmax(axis=2)).all()
    assert np.allclose(probability, probabilities.max(axis=2), atol=1e-4)


def test_a_head_that_is_cut_chooses_among_what_was_kept(models: Path) -> None:
    images = noise(48, 160)
    (probabilities,) = outputs(onnx.load(weights_of(models / RECOGNITION)), images)
    keep = [0, *range(5, 300), 18709]
    cut = onnx.load(weights_of(models / RECOGNITION))
    graph_changes.drop_identities(cut)
    assert graph_changes.answer_characters(cut, keep)
    index, probability = outputs(cut, images)
    kept = probabilities[:, :, keep]
    assert (index == kept.argmax(axis=2)).all()
    assert np.allclose(probability, kept.max(axis=2) / kept.sum(axis=2), atol=1e-4)


def test_lines_of_other_heights_are_taken(models: Path) -> None:
    cut = onnx.load(weights_of(models / RECOGNITION))
    graph_changes.drop_identities(cut)
    assert graph_changes.take_any_height(cut)
    assert outputs(cut, noise(32, 160))[0].shape == (2, 20, 18710)


@pytest.mark.parametrize("name", [DETECTION, RECOGNITION])
def test_what_is_prepared_for_eight_bits_computes_the_same(
    models: Path, name: str, tmp_path: Path
) -> None:
    path = weights_of(models / name)
    images = noise(48, 160) if name == RECOGNITION else noise(96, 128)
    prepared = prepared_for_eight_bits(onnx.load(path), tmp_path / "scratch.onnx")
    kinds = [node.op_type for node in prepared.graph.node]
    assert kinds.count("Gelu") == 13
    assert "Erf" not in kinds
    for one, other in zip(outputs(onnx.load(path), images), outputs(prepared, images), strict=True):
        assert np.allclose(one, other, atol=1e-3)


def test_a_model_of_another_form_is_left_as_it_is(models: Path) -> None:
    detection = onnx.load(weights_of(models / DETECTION))
    before = detection.SerializeToString()
    assert not graph_changes.answer_characters(detection, [0, 1])
    assert not graph_changes.take_any_height(detection)
    assert detection.SerializeToString() == before
