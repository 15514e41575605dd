"""How far measured core-seconds are from what the arithmetic needs."""

from pathlib import Path

import pytest

from bench.executed_work import Recorder
from bench.flops import FlopCounter
from bench.limit import PageWork, limit_of
from bench.limit_report import as_json, draw
from contracts.errors import InvalidOption
from docr.drawing import drawn
from ocr_node.engines.bundled_models import DETECTION, RECOGNITION, bundled_models

RATES = [{"NumPy": 50.0, "ONNX Runtime": 80.0}, {"NumPy": 60.0, "ONNX Runtime": 100.0}]
PADDED = PageWork(
    core_s=1.0,
    runs=[("detection", (1, 3, 640, 640), 0.25), ("recognition", (2, 3, 48, 640), 0.5)],
    line_widths_px=[320, 640],
)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = bundled_models(tmp_path_factory.mktemp("models"))
    return {
        "detection": folder / DETECTION / "inference.onnx",
        "recognition": folder / RECOGNITION / "inference.onnx",
    }


def test_the_limit_is_operations_by_the_best_rate(models: dict[str, Path]) -> None:
    detection = FlopCounter(models["detection"]).count((1, 3, 640, 640)).products
    limit = limit_of([PADDED, PADDED], RATES, **models)
    assert limit.rates == {"NumPy": 60.0, "ONNX Runtime": 100.0}
    assert limit.rate_meanwhile == 90.0
    assert limit.detection.gflop == pytest.approx(detection / 1e9)
    assert limit.detection.limit_core_s == pytest.approx(detection / 1e11)
    assert limit.detection.ratio == pytest.approx(0.25 / (detection / 1e11))
    assert limit.rest.core_s == pytest.approx(0.25)
    assert limit.rest.ratio is None


def test_padding_counts_as_executed_and_not_as_needed(models: dict[str, Path]) -> None:
    recognition = FlopCounter(models["recognition"])
    limit = limit_of([PADDED], RATES, **models)
    assert limit.executed.gflop is not None
    assert limit.needed.gflop is not None
    padding = (
        recognition.count((1, 3, 48, 640)).products - recognition.count((1, 3, 48, 320)).products
    )
    assert limit.executed.gflop - limit.needed.gflop == pytest.approx(padding / 1e9, rel=0.01)
    assert as_json(limit)["needed"]["ratio"] == limit.needed.ratio


def test_a_model_that_the_engine_names_is_counted(models: dict[str, Path]) -> None:
    # Whatever it is: here detection for both, which takes other operations.
    told = PageWork(
        core_s=1.0,
        runs=[("recognition", (2, 3, 64, 640), 0.5)],
        line_widths_px=[],
        models={"recognition": models["detection"]},
    )
    found = limit_of([told], RATES, **models)
    operations = FlopCounter(models["detection"]).count((2, 3, 64, 640)).products
    assert found.recognition.gflop == pytest.approx(operations / 1e9)


def test_first_readings_are_counted_by_a_model_of_their_own(models: dict[str, Path]) -> None:
    told = PageWork(
        core_s=1.0,
        runs=[("first reading", (1, 3, 64, 640), 0.25), ("recognition", (1, 3, 48, 320), 0.5)],
        line_widths_px=[],
        models={"first reading": models["detection"]},  # which takes other operations
    )
    found = limit_of([told], RATES, **models)
    first = FlopCounter(models["detection"]).count((1, 3, 64, 640)).products
    second = FlopCounter(models["recognition"]).count((1, 3, 48, 320)).products
    assert found.recognition.gflop == pytest.approx((first + second) / 1e9)
    assert found.recognition.core_s == pytest.approx(0.75)


def test_the_table_has_each_part(models: dict[str, Path]) -> None:
    limit = limit_of([PADDED], RATES, **models)
    text = drawn(lambda console: draw(limit, console))
    assert "ONNX Runtime: 100.0 GFLOP a core-second" in text
    for part in ("detection, as executed", "recognition, as executed", "the rest", "pages need"):
        assert part in text


def test_an_engine_that_tells_nothing_is_refused(models: dict[str, Path]) -> None:
    silent = PageWork(core_s=1.0, runs=[], line_widths_px=[])
    with pytest.raises(InvalidOption, match="does not tell which models it runs"):
        limit_of([silent], RATES, **models)


def test_what_an_engine_tells_of_a_run_is_noted() -> None:
    recorder = Recorder()
    recorder.observe("recognition", [2, 3, 48, 100], 0.25)
    assert recorder.runs == [("recognition", (2, 3, 48, 100), 0.25)]
