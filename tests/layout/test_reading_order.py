"""The order of lines: properties, and pages as they occur."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.pages import Line
from layout.page_text import text_of
from layout.reading_order import in_reading_order
from tests.layout.drawn_lines import line, prose

coordinates = st.floats(-100, 5000, allow_nan=False, width=16)
points = st.tuples(coordinates, coordinates)
any_line = st.builds(
    Line,
    text=st.text(max_size=30),
    confidence=st.floats(0, 1),
    polygon=st.tuples(points, points, points, points),
)


def turned(lines: list[Line], degrees: float) -> list[Line]:
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    return [
        each.model_copy(
            update={
                "polygon": tuple(
                    (x * cosine - y * sine, x * sine + y * cosine) for x, y in each.polygon
                )
            }
        )
        for each in lines
    ]


def read(lines: list[Line]) -> list[str]:
    return text_of(in_reading_order(lines)).splitlines()


PROSE = [f"sentence number {n} goes on here" for n in range(16)]
TWO_COLUMNS = [line("A title across both of the columns of it", 300, 40)] + [
    line(text, 100 if n < 8 else 700, 150 + 45 * (n % 8) + (11 if n >= 8 else 0))
    for n, text in enumerate(PROSE)
]


@given(st.lists(any_line, max_size=25))
def test_every_line_comes_exactly_once(lines: list[Line]) -> None:
    ordered = [each for block in in_reading_order(lines) for row in block for each in row]
    key = Line.model_dump_json
    assert sorted(ordered, key=key) == sorted(lines, key=key)


@given(st.lists(any_line, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_detection_does_not_matter(lines: list[Line], dice: random.Random) -> None:
    shuffled = lines[:]
    dice.shuffle(shuffled)
    assert in_reading_order(shuffled) == in_reading_order(lines)


@given(st.lists(any_line, max_size=12))
def test_text_has_a_line_a_row_and_no_blank_lines_of_its_own(lines: list[Line]) -> None:
    blocks = in_reading_order(lines)
    rows = sum(len(block) for block in blocks)
    assert len(text_of(blocks).split("\n")) == max(rows, 1)


def test_columns_are_read_one_after_the_other_also_on_a_skewed_page() -> None:
    for degrees in (-2.0, 0.0, 0.5, 2.0):
        assert read(turned(TWO_COLUMNS, degrees)) == [TWO_COLUMNS[0].text, *PROSE]


def test_three_columns_and_a_footer() -> None:
    lines = [
        line(f"column {column} row {row} with words", 100 + 500 * column, 100 + 45 * row)
        for column in range(3)
        for row in range(6)
    ]
    lines.append(line("footer " * 14, 100, 500))
    expected = [each.text for each in lines[:-1]]
    assert read(lines)[:-1] == expected
    assert read(lines)[-1].startswith("footer")


def test_a_table_is_read_row_by_row() -> None:
    cells = [("Item", "Quantity", "Price"), ("Steel pipe", "36", "48.00"), ("Gravel", "9", "33.20")]
    cells += [("Copper fitting", str(n), f"{n}.40") for n in range(6)]
    lines = [
        line(cell, 100 + 400 * column, 100 + 60 * row)
        for row, texts in enumerate(cells)
        for column, cell in enumerate(texts)
    ]
    assert read(lines) == [" ".join(row) for row in cells]


def test_pieces_of_one_row_are_joined_from_the_left() -> None:
    assert read([line("world", 300, 103), line("hello", 100, 100)]) == ["hello world"]


def test_an_empty_page_has_no_text() -> None:
    assert in_reading_order([]) == ()
    assert text_of(()) == ""


def test_a_headline_over_three_columns_comes_first_and_so_does_what_is_above_it() -> None:
    headline = line("A headline over all of the three columns of this page", 100, 160, height=60)
    above = [line(f"above the headline {n}", 100 + 500 * n, 60) for n in range(2)]
    columns = prose(12, left=100, top=260) + prose(12, left=600, top=260, first=12)
    columns += prose(12, left=1100, top=260, first=24)
    expected = ["above the headline 0 above the headline 1", headline.text]
    assert read([*columns, headline, *above]) == expected + [each.text for each in columns]


def test_a_table_within_a_column_is_read_row_by_row() -> None:
    table = [
        line(text, 600 + 160 * column, 500 + 45 * row)
        for row, texts in enumerate([("Item", "Qty"), ("Pipe", "12"), ("Seal", "4"), ("Tap", "7")])
        for column, text in enumerate(texts)
    ]
    left = prose(16, left=100, top=100)
    right = prose(8, left=600, top=100, first=16)
    told = read([*left, *table, *right])
    assert told == [each.text for each in left + right] + ["Item Qty", "Pipe 12", "Seal 4", "Tap 7"]


def test_a_sidebar_of_short_lines_is_not_read_into_the_text_beside_it() -> None:
    text = prose(20, left=100, top=100, pitch=34)
    sidebar = [line(f"Fact {n} here", 640, 120 + 57 * n) for n in range(11)]
    assert read([*sidebar, *text]) == [each.text for each in text + sidebar]


def test_a_heading_on_one_side_below_the_columns_is_read_after_both() -> None:
    left, right = prose(8, left=100, top=100), prose(8, left=600, top=100, first=8)
    heading = line("Next section", 100, 500)
    wide = [line("text over both of the columns " * 3, 100, 545 + 45 * n) for n in range(2)]
    told = read([*wide, heading, *right, *left])
    assert told[16] == heading.text
    assert told[:16] == [each.text for each in left + right]


@pytest.mark.parametrize("degrees", [90, 180, -90, 91.5, 178])
def test_a_page_that_is_turned_is_read_like_an_upright_one(degrees: float) -> None:
    assert read(turned(TWO_COLUMNS, degrees)) == read(TWO_COLUMNS)


def test_a_page_in_arabic_or_hebrew_has_its_first_column_on_the_right() -> None:
    for word in ("\u05d8\u05e7\u05e1\u05d8", "\u0646\u0635\u0648\u0635"):
        right = [line(f"{word} {word} {word} {word} {n}", 700, 100 + 45 * n) for n in range(8)]
        left = [line(f"{word} {word} {word} {word} {n}", 100, 100 + 45 * n) for n in range(8, 16)]
        assert read([*left, *right]) == [each.text for each in right + left]
        row = [line(f"{word} two", 300, 20), line(f"{word} one", 900, 20)]
        assert read(row) == [f"{word} one {word} two"]


def test_columns_of_vertical_japanese_are_read_from_the_right() -> None:
    texts = [f"\u7e26\u66f8\u304d\u306e\u6587\u7ae0{n}\u884c\u76ee" for n in range(6)]
    columns = [line(text, 900 - 60 * n, 100, width=40, height=400) for n, text in enumerate(texts)]
    assert read(columns[::-1]) == texts


def test_rows_are_told_on_a_photo_of_curved_paper() -> None:
    # Each piece stands 8 px lower than the one before it: the last one, more than a row lower.
    lines = [
        line(f"r{row}p{piece}", 100 + 150 * piece, 100 + 40 * row + 8 * piece)
        for row in range(5)
        for piece in range(5)
    ]
    assert read(lines) == [" ".join(f"r{row}p{piece}" for piece in range(5)) for row in range(5)]
