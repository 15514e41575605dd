"""Two columns so near to each other that detection may take their lines for one."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from bench.word_f1 import word_f1
from ocr_node.engines import EngineSettings
from ocr_node.engines.gutters import cut_at_gutters
from ocr_node.engines.onnx_engine import OnnxEngine
from tests.documents import encoded
from tests.ocr_node.engines.printed_lines import font_of

_WIDTH_PX: Final = 640  # of a column
_LEFT_PX: Final = 180
_GUTTER_PX: Final = 22
_PITCH_PX: Final = 33
_WORDS: Final = [
    "lorem",
    "ipsum",
    "dolor",
    "sit",
    "amet",
    "consectetuer",
    "adipiscing",
    "elit",
    "mauris",
    "purus",
    "vestibulum",
    "placerat",
    "vitae",
    "felis",
    "curabitur",
    "dictum",
    "gravida",
    "nam",
    "arcu",
    "libero",
    "nonummy",
    "eget",
    "id",
    "vulputate",
    "magna",
    "donec",
]


_PAGE_PX: Final = (1654, 2339)  # A4 at 200 dpi
_TOP_PX: Final = 300
_ROWS: Final = 52


def print_column(
    page: Image.Image, dice: random.Random, *, left: int, width: int, font: str, size_px: int
) -> None:
    """Justified lines."""
    face = font_of(size_px, font)
    pen = ImageDraw.Draw(page)
    for row in range(_ROWS):
        words: list[str] = []
        while face.getlength(" ".join([*words, longest := max(_WORDS, key=len)])) <= width:
            words.append(dice.choice([*_WORDS, longest]))
        # What is left over goes between the words.
        space = (width - sum(map(face.getlength, words))) / (len(words) - 1)
        at = float(left)
        for word in words:
            pen.text((at, _TOP_PX + row * _PITCH_PX), word, font=face, fill=30)
            at += face.getlength(word) + space


def two_columns(seed: int) -> Image.Image:
    """In print of 10 pt."""
    page, dice = Image.new("RGB", _PAGE_PX, "white"), random.Random(seed)  # noqa: S311
    for left in (_LEFT_PX, _LEFT_PX + _WIDTH_PX + _GUTTER_PX):
        print_column(page, dice, left=left, width=_WIDTH_PX, font="STIXGeneral", size_px=28)
    return page


def boxes_of_rows(*, left: int, right: int) -> list[NDArray[np.float32]]:
    """As detection finds rows that it takes for one line each."""
    tops = [_TOP_PX + 2 + row * _PITCH_PX for row in range(_ROWS)]
    return [
        np.array([[left, y], [right, y], [right, y + 28], [left, y + 28]], np.float32) for y in tops
    ]


@pytest.mark.parametrize("eight_bits", [False, True])
def test_lines_of_two_columns_stay_apart(model_cache: Path, eight_bits: bool) -> None:
    engine = OnnxEngine(EngineSettings(cache_dir=model_cache, eight_bits=eight_bits))
    reading = engine.read(encoded(two_columns(1)), language="en", page_index=0)
    widths = [np.ptp([x for x, _ in line.polygon]) for line in reading.lines]
    assert len(widths) == 2 * _ROWS
    assert max(widths) < _WIDTH_PX + _GUTTER_PX


@pytest.mark.parametrize("seed", range(5))
def test_each_line_over_a_gutter_is_cut_within_it(seed: int) -> None:
    right = _LEFT_PX + 2 * _WIDTH_PX + _GUTTER_PX
    boxes = boxes_of_rows(left=_LEFT_PX, right=right)
    cut = cut_at_gutters(np.asarray(two_columns(seed)), boxes)
    assert len(cut) == 2 * _ROWS
    gutter = _LEFT_PX + _WIDTH_PX
    for piece in cut:
        begin, end = piece[:, 0].min(), piece[:, 0].max()
        assert (begin, gutter <= end <= gutter + _GUTTER_PX) == (_LEFT_PX, True) or (
            gutter <= begin <= gutter + _GUTTER_PX,
            end,
        ) == (True, right)


@pytest.mark.parametrize("font", ["STIXGeneral", "DejaVuSans", "DejaVuSansMono", "cmtt10"])
@pytest.mark.parametrize("seed", range(5))
def test_lines_of_one_column_are_not_cut(font: str, seed: int) -> None:
    page, dice = Image.new("RGB", _PAGE_PX, "white"), random.Random(seed)  # noqa: S311
    print_column(page, dice, left=_LEFT_PX, width=1300, font=font, size_px=26)
    boxes = boxes_of_rows(left=_LEFT_PX, right=_LEFT_PX + 1300)
    assert len(cut_at_gutters(np.asarray(page), boxes)) == _ROWS


def test_a_list_of_contents_keeps_its_numbers_with_its_lines() -> None:
    page, dice = Image.new("RGB", _PAGE_PX, "white"), random.Random(3)  # noqa: S311
    print_column(page, dice, left=_LEFT_PX + 90, width=1000, font="STIXGeneral", size_px=28)
    pen = ImageDraw.Draw(page)
    for row in range(_ROWS):
        for left in (_LEFT_PX, _LEFT_PX + 1200):
            pen.text((left, _TOP_PX + 4 + row * _PITCH_PX), str(10 + row), font_size=24, fill=30)
    boxes = boxes_of_rows(left=_LEFT_PX, right=_LEFT_PX + 1240)
    assert len(cut_at_gutters(np.asarray(page), boxes)) == _ROWS


@pytest.mark.parametrize(
    "row",
    [
        lambda n, dice: (
            f"Nov 30 22:{n:02}:07 webserver-production systemd: {' '.join(dice.sample(_WORDS, 5))}"
        ),
        lambda n, dice: (
            f"{n:02}. The undersigned confirms the delivery of item {dice.randint(100, 999)} in May"
        ),
        lambda n, dice: f"{n:04x}0000: {dice.randbytes(16).hex(' ')}",
    ],
    ids=["log", "repeated", "bytes"],
)
@pytest.mark.parametrize("font", ["DejaVuSans", "DejaVuSansMono"])
def test_lines_whose_words_stand_below_each_other_are_not_cut(
    font: str, row: Callable[[int, random.Random], str]
) -> None:
    page, dice = Image.new("RGB", _PAGE_PX, "white"), random.Random(4)  # noqa: S311
    face = font_of(24, font)
    pen = ImageDraw.Draw(page)
    for number in range(_ROWS):
        text = row(number, dice)
        pen.text((_LEFT_PX, _TOP_PX + number * _PITCH_PX), text, font=face, fill=30)
    boxes = boxes_of_rows(left=_LEFT_PX, right=_PAGE_PX[0] - 150)
    assert len(cut_at_gutters(np.asarray(page), boxes)) == _ROWS


def test_a_gutter_goes_on_beyond_the_rows_that_show_it() -> None:
    page = two_columns(6)
    ImageDraw.Draw(page).rectangle((0, _TOP_PX + 10 * _PITCH_PX, 1654, 2339), fill="white")
    boxes = boxes_of_rows(left=_LEFT_PX, right=_LEFT_PX + 2 * _WIDTH_PX + _GUTTER_PX)[:10]
    assert len(cut_at_gutters(np.asarray(page), boxes)) == 20


def test_small_print_below_large_print_is_looked_at_as_large_as_it_needs(
    engine: OnnxEngine,
) -> None:
    page, dice = Image.new("RGB", _PAGE_PX, "white"), random.Random(4)  # noqa: S311
    pen, top = ImageDraw.Draw(page), 120
    told = []
    for size_px, rows in ((44, 20), (20, 15)):
        font = font_of(size_px, "STIXGeneral")
        for _ in range(rows):
            told.append(" ".join(dice.choices(_WORDS, k=380 // size_px)))
            pen.text((150, top), told[-1], font=font, fill=30)
            top += round(1.45 * size_px)
    reading = engine.read(encoded(page), language="en", page_index=0)
    assert word_f1("\n".join(line.text for line in reading.lines), "\n".join(told)) > 0.95
