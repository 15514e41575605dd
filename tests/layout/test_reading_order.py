"""The order of lines: properties, and pages as they occur."""

import math
import random

from hypothesis import given
from hypothesis import strategies as st

from contracts.pages import Line
from layout.page_text import markdown_of, text_of
from layout.reading_order import in_reading_order

coordinates = st.floats(-100, 5000, allow_nan=False, width=16)
points = st.tuples(coordinates, coordinates)
any_line = st.builds(
    Line,
    text=st.text(max_size=30),
    confidence=st.floats(0, 1),
    polygon=st.tuples(points, points, points, points),
)


def line(text: str, left: float, top: float, *, width: float = 0, height: float = 30) -> Line:
    right = left + (width or 14 * len(text))
    bottom = top + height
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return Line(text=text, confidence=0.9, polygon=corners)


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
    markdown_of(blocks)


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
    assert text_of(()) == markdown_of(()) == ""


def test_markdown_has_paragraphs_and_escapes_what_it_would_take_for_itself() -> None:
    lines = [
        line("# not a heading", 100, 100),
        line("2. not *a* list", 100, 145),
        line("- nor <b>this</b> & that", 100, 190),
        line("a paragraph further down", 100, 330),
    ]
    assert markdown_of(in_reading_order(lines)) == (
        "\\# not a heading\n2\\. not \\*a\\* list\n\\- nor \\<b\\>this\\</b\\> &amp; that\n\n"
        "a paragraph further down"
    )
