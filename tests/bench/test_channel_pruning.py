"""Which hidden channels go, and how the others stand in for them."""

from pathlib import Path

import numpy as np
import onnx

from bench.channel_pruning import hidden_layers, pruned_layers
from bench.hidden_channels import removal, shared_out, weights_of_kept
from ocr_node.engines.bundled_models import RECOGNITION, bundled_models
from ocr_node.engines.fitted_models import fitted_recognition


def test_a_channel_that_repeats_others_goes_first_and_costs_nothing() -> None:
    chance = np.random.default_rng(1)
    samples = chance.normal(size=(500, 5))
    samples[:, 3] = 2 * samples[:, 0] - samples[:, 1]
    weights = chance.normal(size=(2, 5))
    covariance = np.cov(samples.T, bias=True) + 1e-9 * np.eye(5)
    found = removal(covariance, weights)
    assert found.order[0] in {0, 1, 3}
    assert found.lost[1] < 1e-6 < found.lost[2] < found.lost[3] < found.lost[4]
    kept = sorted(set(range(5)) - set(found.order[:1]))
    instead = weights_of_kept(covariance, weights, kept)
    assert np.allclose(samples @ weights.T, samples[:, kept] @ instead.T, atol=1e-5)


def test_what_is_lost_is_what_least_squares_lose() -> None:
    chance = np.random.default_rng(2)
    samples = chance.normal(size=(400, 6)) @ chance.normal(size=(6, 6))
    samples -= samples.mean(0)
    weights = chance.normal(size=(3, 6))
    covariance = np.cov(samples.T, bias=True)
    found = removal(covariance, weights)
    for gone in (1, 2, 4):
        kept = sorted(set(range(6)) - set(found.order[:gone]))
        wanted = samples @ weights.T
        best, *_ = np.linalg.lstsq(samples[:, kept], wanted)
        lost = ((wanted - samples[:, kept] @ best) ** 2).sum(1).mean()
        assert np.isclose(found.lost[gone], lost, rtol=1e-6)
        assert np.allclose(weights_of_kept(covariance, weights, kept).T, best, atol=1e-6)


def test_channels_go_where_the_least_is_lost_and_some_stay_everywhere() -> None:
    cheap, dear = np.linspace(0, 1, 64), np.linspace(0, 3, 64)
    assert shared_out([cheap, dear], 32, step=16) == [32, 0]
    assert shared_out([cheap, dear], 64, step=16) == [48, 16]
    assert shared_out([cheap, dear], 128, step=16) == [48, 48]


def test_recognition_has_hidden_layers_that_can_be_pruned(tmp_path: Path) -> None:
    weights = bundled_models(tmp_path) / RECOGNITION
    model = onnx.load(fitted_recognition(weights, "latin", tmp_path, eight_bits=False).exact)
    places = hidden_layers(model)
    assert len(places) == 13
    assert sum(place.past is None for place in places) == 2  # where channels become more
    chance = np.random.default_rng(3)
    images = [chance.normal(size=(1, 3, 32, 64)).astype(np.float32) for _ in range(4)]
    layers = pruned_layers(model, images, share=0.1, threads=1)
    constants = {each.name: each.dims for each in model.graph.initializer}
    channels = [constants[place.layer.out][1] for place in places]
    gone = [whole - len(each.kept) for whole, each in zip(channels, layers, strict=True)]
    assert all(each % 16 == 0 for each in gone)
    assert sum(gone) == sum(channels) // 160 * 16
