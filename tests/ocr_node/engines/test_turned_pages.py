"""Pages that do not lie straight."""

import os
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from numpy.typing import NDArray
from PIL import Image

from bench.word_f1 import word_f1
from contracts.pages import Line
from layout.laid_out import laid_out
from ocr_node.engine import PageReading
from ocr_node.engines.onnx_engine import OnnxEngine
from ocr_node.engines.page_turn import angle_of, leaning, normal_angle
from ocr_node.engines.straight_view import StraightView
from tests.documents import encoded
from tests.ocr_node.engines.printed_lines import TEXT, printed_page


def text_of(reading: PageReading) -> str:
    return laid_out(
        reading.lines,
        angle_deg=reading.angle_deg,
        width_px=reading.width_px,
        height_px=reading.height_px,
    ).text


def direction_deg(line: Line) -> float:
    (left, top), (right, bottom), *_ = line.polygon
    return float(np.degrees(np.arctan2(bottom - top, right - left)))


@pytest.mark.parametrize("degrees", [90.0, 180.0, -90.0, 8.0, -5.0, 94.0, -172.0])
def test_a_turned_page_is_read_as_if_straight(engine: OnnxEngine, degrees: float) -> None:
    page = printed_page(size_px=22, degrees=degrees, rows=4)
    reading = engine.read(encoded(page.image), language="en", page_index=0)
    assert word_f1(text_of(reading), "\n".join([TEXT] * 4)) > 0.97
    assert abs(normal_angle(reading.angle_deg - degrees)) < 0.5
    assert -180 < reading.angle_deg <= 180
    for line in reading.lines:
        # Clockwise from the top left of the text, on the page as submitted.
        assert abs(normal_angle(direction_deg(line) - degrees)) < 2
        middle = page.straight(np.array(line.polygon)).mean(axis=0)
        assert any(
            left - 20 < middle[0] < right + 600 and top - 5 < middle[1] < bottom + 5
            for left, top, right, bottom in (word.box for word in page.words)
        )


@pytest.mark.parametrize("degrees", [90, -90])
def test_a_table_on_its_side_is_read_on_a_page_that_is_not(
    engine: OnnxEngine, degrees: int
) -> None:
    page = Image.new("RGB", (1300, 1300), "white")
    upright = printed_page(size_px=20, rows=5).image.crop((90, 400, 1050, 680))
    table = printed_page(size_px=20, rows=3, text="Steel pipe 36 pieces at 1,728.00").image
    page.paste(upright, (100, 50))
    page.paste(table.rotate(-degrees), (500, 500))
    reading = engine.read(encoded(page), language="en", page_index=0)
    assert abs(reading.angle_deg) < 1
    *before, one, two, three = text_of(reading).splitlines()
    assert len(before) == 5
    assert {one, two, three} == {"Steel pipe 36 pieces at 1,728.00"}
    turned = [line for line in reading.lines if line.text.startswith("Steel")]
    assert all(abs(direction_deg(line) - degrees) < 2 for line in turned)


def test_an_upright_page_pays_for_nothing(engine: OnnxEngine) -> None:
    runs: list[str] = []
    engine.observe = lambda *run: runs.append(run[0])
    try:
        engine.read(encoded(printed_page(size_px=22).image), language="en", page_index=0)
    finally:
        engine.observe = None
    assert runs.count("detection") == 1
    assert len(runs) - 1 <= 3 + 3  # three lines, each once or twice


def box(width: float, height: float, degrees: float) -> NDArray[np.float32]:
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]])
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.asarray(corners @ turn + 500, np.float32)


def test_a_page_leans_as_its_longest_lines_do() -> None:
    level = [box(400, 20, 3.0), box(300, 20, 3.2), box(50, 20, -9.0), box(15, 20, 0.0)]
    assert leaning(level).skew_deg == pytest.approx(3.0, abs=0.1)
    assert not leaning([*level, box(20, 500, 3.0)]).on_its_side
    on_its_side = leaning([box(20, 500, 4.0), box(20, 400, 4.0), box(200, 20, 0.0)])
    assert on_its_side.on_its_side
    assert on_its_side.skew_deg == pytest.approx(4.0, abs=0.1)
    assert angle_of([box(400, 20, 94.0)], near_deg=90.0) == pytest.approx(94.0, abs=0.1)
    assert leaning([]).skew_deg == 0.0
    assert [normal_angle(degrees) for degrees in (180, -180, 270, 540, -90)] == [
        180, 180, -90, 180, -90
    ]  # fmt: skip


@pytest.mark.parametrize("angle_deg", [0.0, 90.0, 180.0, 270.0, 7.0])
def test_points_of_a_straight_view_lie_where_the_page_has_them(angle_deg: float) -> None:
    page = np.full((320, 640, 3), 255, np.uint8)
    page[100:120, 400:440] = 0
    view = StraightView(page, angle_deg)
    seen = view.pixels(640, multiple_of=32)
    rows, columns = np.nonzero(seen[:, :, 1] < 128)
    scale = np.array([view.width_px, view.height_px]) / seen.shape[1::-1]
    middle = (np.array([columns.mean(), rows.mean()]) + 0.5) * scale
    assert view.on_the_page(middle.astype(np.float32)) == pytest.approx([420, 110], abs=1.0)


@pytest.mark.corpus
def test_real_turned_and_skewed_scans_read_like_their_straight_twin(
    engine: OnnxEngine, corpus: Path
) -> None:
    truth = (corpus / "documents/linn.txt").read_text(encoding="utf-8")
    scores = {}
    for name in ("linn", "cardinal", "skew", "rotated_skew"):
        with pypdfium2.PdfDocument(corpus / f"documents/{name}.pdf") as document:
            for number, page in enumerate(document):
                image = encoded(page.render(scale=200 / 72).to_pil().convert("RGB"), "JPEG")
                reading = engine.read(image, language="en", page_index=0)
                scores[f"{name} {number + 1}"] = (
                    round(word_f1(text_of(reading), truth), 4),
                    reading.angle_deg,
                )
    if os.environ.get("PRINT"):
        print(scores)  # noqa: T201 - asked for
    straight, _ = scores["linn 1"]
    assert all(score > straight - 0.01 for score, _ in scores.values()), scores
