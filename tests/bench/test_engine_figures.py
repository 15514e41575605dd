"""From turns to figures, and from figures to table, file and plot."""

import json
from pathlib import Path

import pytest

from bench.engine_figures import Spread, figures_of, ratios_of
from bench.engine_plot import plot
from bench.engine_report import EngineReport
from bench.page_images import PageImage
from bench.process_tree import Peak
from bench.running_subject import FileRead, Reading
from bench.side_by_side import Measured, Pair, Turn
from bench.subjects import Subject
from docr.drawing import drawn

IMAGES = [
    PageImage(path=Path("a.jpg"), true_text="one two"),
    PageImage(path=Path("b.jpg"), true_text="three four"),
    PageImage(path=Path("c.jpg"), true_text=None),
]


def turn(
    core_s: float, *, mb: float = 100.0, texts: str = "one two|three|", error: str = ""
) -> Turn:
    each = [
        FileRead(text=text, core_s=core_s, wall_s=2 * core_s, error=error or None)
        for text in texts.split("|")
    ]
    return Turn(
        reading=Reading(
            files={image.name: read for image, read in zip(IMAGES, each, strict=True)},
            core_s=3 * core_s,
            wall_s=6 * core_s,
        ),
        peak=Peak(tree_mb=mb, seen_mb=mb - 1, process_mb=mb / 2),
        start_s=1.0,
        warm_up_s=0.5,
    )


def measured() -> Measured:
    """Two rounds against a peer that takes 4 and 2 times as much; one is missing."""
    ours = [turn(1.0), turn(2.0)]
    peers = [turn(4.0, mb=300.0, error="it broke"), turn(4.0, mb=200.0)]
    return Measured(
        ours=ours,
        pairs={"rapidocr": [Pair(ours=a, peer=b) for a, b in zip(ours, peers, strict=True)]},
        missing={"tesseract": "tesseract is not installed; run 'apt install tesseract-ocr'"},
    )


def report(found: Measured) -> EngineReport:
    subjects = [
        Subject(name="docr", title="docr, 2 x onnxruntime", target="", settings={}, processes=2),
        Subject(name="rapidocr", title="RapidOCR, OpenVINO", target="", settings={}),
        Subject(name="tesseract", title="Tesseract", target="", settings={}),
    ]
    return EngineReport(
        subjects=subjects,
        figures=figures_of(found, IMAGES),
        ratios=ratios_of(found),
        missing=found.missing,
        conditions={"rounds": 2},
    )


def test_figures_are_medians_over_rounds_a_page() -> None:
    ours = figures_of(measured(), IMAGES)["docr"]
    assert ours.core_s == Spread(median=1.5, min=1.0, max=2.0)
    assert ours.wall_s.median == 3.0
    assert ours.files["a.jpg"].core_s == 1.5


def test_accuracy_is_the_mean_over_the_files_whose_truth_is_known() -> None:
    ours = figures_of(measured(), IMAGES)["docr"]
    assert ours.files["a.jpg"].word_f1 == 1.0
    assert ours.files["b.jpg"].word_f1 == pytest.approx(2 / 3)
    assert ours.files["c.jpg"].word_f1 is None
    assert ours.word_f1 == pytest.approx(5 / 6)


def test_a_ratio_is_that_of_turns_that_stood_side_by_side() -> None:
    ratios = ratios_of(measured())["rapidocr"]
    assert ratios.core_s == Spread(median=3.0, min=2.0, max=4.0)
    assert ratios.peak_mb == Spread(median=2.5, min=2.0, max=3.0)


def test_the_table_names_who_is_missing_and_what_failed() -> None:
    text = drawn(report(measured()).draw)
    ours, peer = (
        next(line for line in text.splitlines() if name in line) for name in ("docr, 2", "RapidOCR")
    )
    assert "1.500" in ours
    assert "3.00 (2.00 to 4.00)" in peer
    assert "missing: Tesseract: tesseract is not installed; run 'apt" in text
    assert "failed: RapidOCR, OpenVINO, a.jpg: it broke" in text
    assert "of which one process" in text


def test_the_file_holds_the_same_for_programs() -> None:
    found = json.loads(json.dumps(report(measured()).as_json()))
    assert found["subjects"]["docr"]["word_f1"] == pytest.approx(5 / 6)
    assert found["subjects"]["rapidocr"]["files"]["b.jpg"]["core_s"] == 4.0
    assert found["ratios"]["rapidocr"]["core_s"]["median"] == 3.0
    assert list(found["missing"]) == ["tesseract"]
    assert found["rounds"] == 2


def test_the_plot_has_a_bar_for_each_that_was_measured(tmp_path: Path) -> None:
    plot(report(measured()), tmp_path / "engine.svg")
    drawing = (tmp_path / "engine.svg").read_text()
    assert "<svg" in drawing
    assert "RapidOCR, OpenVINO" in drawing
    assert "Tesseract" not in drawing
