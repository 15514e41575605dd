"""How much is done for a page, as its submitter asks."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from contracts.pages import Line
from ocr_node.engines import EngineSettings
from ocr_node.engines.bundled_models import RECOGNITION, bundled_models
from ocr_node.engines.onnx_engine import OnnxEngine
from ocr_node.engines.page_worth import is_worth_another_pass, worth
from ocr_node.engines.recognition_models import larger_model, recognition_model
from tests.documents import encoded
from tests.ocr_node.engines.printed_lines import printed_page

Runs = list[tuple[str, tuple[int, ...]]]


@pytest.fixture
def runs(engine: OnnxEngine) -> Iterator[Runs]:
    """What the engine runs: for what, and the shape of what the model sees."""
    seen: Runs = []
    engine.observe = lambda kind, shape, _: seen.append((kind, shape))
    yield seen
    engine.observe = None


def small_print() -> bytes:
    """Print of 6 px, blurred: no reading of it is sure."""
    page = printed_page(size_px=18, rows=4).image
    small = page.resize((page.width // 3, page.height // 3), Image.Resampling.BOX)
    return encoded(small)


def heights(runs: Runs) -> set[int]:
    return {shape[2] for kind, shape in runs if kind != "detection"}


def test_fast_is_one_look_and_one_reading(engine: OnnxEngine, runs: Runs) -> None:
    engine.read(small_print(), language="en", page_index=0, quality="fast")
    assert [kind for kind, _ in runs].count("detection") == 1
    assert heights(runs) == {32}


def test_best_reads_a_doubtful_page_again_larger_and_says_which_reading_it_is(
    engine: OnnxEngine, runs: Runs
) -> None:
    balanced = engine.read(small_print(), language="en", page_index=0)
    looked = max(shape[3] for kind, shape in runs if kind == "detection")
    best = engine.read(small_print(), language="en", page_index=0, quality="best")
    assert max(shape[3] for kind, shape in runs if kind == "detection") > looked
    assert balanced.read_in == "first"
    assert best.read_in in {"first", "larger"}
    assert worth(best.lines) >= worth(balanced.lines)
    if best.read_in == "first":
        assert best.lines == balanced.lines


def test_best_leaves_a_page_that_was_read_well(engine: OnnxEngine, runs: Runs) -> None:
    image = encoded(printed_page(size_px=24).image)
    reading = engine.read(image, language="en", page_index=0, quality="best")
    assert reading.read_in == "first"
    assert [kind for kind, _ in runs].count("detection") == 1


def test_a_larger_model_beside_the_usual_one_is_for_second_passes(tmp_path: Path) -> None:
    bundled = bundled_models(tmp_path / "cache")
    models = tmp_path / "models"
    settings = EngineSettings(cache_dir=tmp_path / "cache", model_dir=models)
    shutil.copytree(bundled, models, symlinks=True)
    assert larger_model("en", settings) is None
    alone = tmp_path / "alone"
    for folder in (models, alone):
        shutil.copytree(bundled / RECOGNITION, folder / "PP-OCRv5_server_rec", symlinks=True)
    other = EngineSettings(cache_dir=tmp_path / "cache", model_dir=alone)
    # Alone it is the usual one.
    assert recognition_model("en", other) == alone / "PP-OCRv5_server_rec"
    assert larger_model("en", other) is None
    beside = tmp_path / "beside"
    models.rename(beside)
    settings = EngineSettings(cache_dir=tmp_path / "cache", model_dir=beside, eight_bits=False)
    assert recognition_model("en", settings) == beside / RECOGNITION
    assert larger_model("en", settings) == beside / "PP-OCRv5_server_rec"
    reading = OnnxEngine(settings).read(small_print(), language="en", page_index=0, quality="best")
    assert reading.read_in in {"first", "larger_model"}


def line(text: str, confidence: float) -> Line:
    return Line(text=text, confidence=confidence, polygon=((0, 0), (9, 0), (9, 9), (0, 9)))


def test_a_reading_is_worth_what_it_is_sure_of() -> None:
    sure, unsure = [line("Steel pipe", 0.99)], [line("Steel pipe", 0.9)]
    assert not is_worth_another_pass(sure)
    assert is_worth_another_pass(unsure)
    assert is_worth_another_pass([])
    assert worth(sure) > worth(unsure) > worth([line("Steel", 0.95)])
    assert worth([*unsure, line("dirt", 0.3)]) < worth(unsure)
    spaces_lost = [line("reproductioneitherinprint", 0.99)]
    assert worth(spaces_lost) < worth([line("reproduction either in print", 0.9)])
    # Chinese has no spaces to lose.
    assert worth([line("\u4e2d" * 30, 0.9)]) > 10
