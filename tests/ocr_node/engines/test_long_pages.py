"""Pages on which detection would see no letter if it looked at them whole."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ocr_node.engines.long_pages import parts_of
from ocr_node.engines.onnx_engine import OnnxEngine
from tests.documents import encoded
from tests.ocr_node.engines.printed_lines import font_of

SIZE_PX = 26
WORDS = ("Steel pipe 36 pieces", "water 1,728.00", "paper and lamps", "river stone 17")


def page_with(size: tuple[int, int], places: list[tuple[int, int]]) -> Image.Image:
    page = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(page)
    for place, text in zip(places, WORDS, strict=True):
        pen.text(place, text, font=font_of(SIZE_PX), fill="black")
    return page


@pytest.mark.parametrize(
    ("size", "places", "turned_by"),
    [
        ((300, 12_100), [(10, y) for y in (20, 3_000, 6_040, 12_000)], 0),
        ((300, 12_100), [(10, y) for y in (20, 3_000, 6_040, 12_000)], 90),
        ((20_000, 100), [(x, 40) for x in (20, 5_000, 10_010, 19_500)], 0),
        ((1_100, 6_500), [(500, y) for y in (20, 2_000, 3_500, 6_400)], 0),
    ],
)
def test_lines_of_ordinary_size_are_found_on_pages_of_any_length(
    engine: OnnxEngine, size: tuple[int, int], places: list[tuple[int, int]], turned_by: int
) -> None:
    page = page_with(size, places).rotate(-turned_by, expand=True)
    reading = engine.read(encoded(page), language="en", page_index=0)
    assert (reading.width_px, reading.height_px) == page.size
    assert abs(reading.angle_deg - turned_by) < 1.5
    assert sorted(line.text for line in reading.lines) == sorted(WORDS)
    straight = {
        line.text: (y, size[1] - x) if turned_by else (x, y)
        for line in reading.lines
        for x, y in line.polygon[:1]
    }
    for place, text in zip(places, WORDS, strict=True):
        assert straight[text] == pytest.approx(place, abs=12)


@pytest.mark.parametrize("size", [(1654, 2339), (3307, 4677), (600, 3200), (640, 3800), (900, 200)])
def test_ordinary_pages_are_looked_at_whole(size: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 1), np.uint8)
    assert parts_of(np.repeat(noise, 3, axis=2)) == []


@pytest.mark.parametrize("upright", [True, False])
def test_a_long_page_is_parted_where_its_text_has_gaps_and_nothing_is_in_no_part(
    upright: bool,
) -> None:
    page = np.random.default_rng(2).integers(200, 210, (12_000, 300, 3)).astype(np.uint8)
    rows = [*range(20, 7_000, 47), 11_900]
    for row in rows:
        page[row : row + 30, 20:280:5] = 30
    page[7_100:11_700] = 205
    parts = parts_of(page if upright else page.transpose(1, 0, 2))
    starts = [part.top if upright else part.left for part in parts]
    lengths = [part.pixels.shape[0 if upright else 1] for part in parts]
    for row in rows:
        inside = [
            start <= row and row + 30 <= start + length
            for start, length in zip(starts, lengths, strict=True)
        ]
        assert inside.count(True) == 1
    assert max(lengths) <= 1_800
    assert sum(lengths) < 10_500, "what shows nothing is looked at by nobody"
