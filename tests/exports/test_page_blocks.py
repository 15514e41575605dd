"""Pages as blocks, paragraphs, lines and words, before any format writes them."""

import math
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.pages import Line, PageSucceeded, Point, Polygon
from exports.clean_text import cleaned
from exports.page_blocks import PlacedLine, blocks_of
from layout.laid_out import laid_out
from tests.examples import page_succeeded
from tests.exports.made_pages import HEIGHT, WIDTH, any_read_page, any_text, at, words_at


def lines_of(page: PageSucceeded) -> list[PlacedLine]:
    return [
        line
        for block in blocks_of(page)
        for paragraph in block.paragraphs
        for line in paragraph.lines
    ]


def page_of(*lines: Line, angle_deg: float = 0.0) -> PageSucceeded:
    return page_succeeded(lines=lines, width_px=WIDTH, height_px=HEIGHT, angle_deg=angle_deg)


def line(text: str, polygon: Polygon) -> Line:
    return Line(text=text, confidence=0.5, polygon=polygon)


@given(any_text)
def test_cleaned_text_is_a_line_that_xml_can_hold(text: str) -> None:
    result = cleaned(text)
    result.encode()
    assert result == cleaned(result) == " ".join(result.split())
    assert not any(ord(sign) < 0x20 or ord(sign) in (0xFFFE, 0xFFFF) for sign in result)


def test_joiners_are_part_of_a_word_and_marks_of_direction_are_not() -> None:
    assert cleaned("می\u200cروم \u200fक्\u200dष\u202c\ufeff") == "می\u200cروم क्\u200dष"


@settings(max_examples=60)
@given(any_read_page)
def test_every_word_comes_once_and_its_box_is_the_smallest_inside_the_page(
    page: PageSucceeded,
) -> None:
    words = [word for each in lines_of(page) for word in each.words]
    expected = [
        text
        for each in page.lines
        for text in [cleaned(word.text) for word in each.words if cleaned(word.text)]
        or cleaned(each.text).split()
    ]
    assert sorted(word.text for word in words) == sorted(expected)
    for word in words:
        box = word.box
        assert 0 <= box.left < box.right <= WIDTH
        assert 0 <= box.top < box.bottom <= HEIGHT
        xs = [min(max(x, 0), WIDTH) for x, _ in word.polygon]
        assert box.left in (math.floor(min(xs)), WIDTH - 1)
        assert box.right in (math.ceil(max(xs)), box.left + 1)


@settings(max_examples=60)
@given(any_read_page)
def test_lines_stand_in_the_order_of_text_and_markdown(page: PageSucceeded) -> None:
    legible = [
        each.model_copy(update={"polygon": placed.polygon})
        for each in page.lines
        for placed in lines_of(page_of(each))
    ]
    told = laid_out(legible, width_px=WIDTH, height_px=HEIGHT, angle_deg=page.angle_deg)
    assert [each.text for each in lines_of(page)] == [
        each.text for one in told.lines for each in lines_of(page_of(one))
    ]


def test_slanted_labels_beside_level_lines_stand_as_in_the_text() -> None:
    def label(text: str, left: float) -> Line:
        # Rising by 45 degrees, beneath the axis of a chart.
        corners = ((left, 760.0), (left + 100, 660.0), (left + 130, 690.0), (left + 30, 790.0))
        return line(text, corners)

    level = [line(text, at(20, top, 90, top + 40)) for text, top in (("600", 10), ("500", 100))]
    given = [*level, *(label(f"name {n}", 100 + 160 * n) for n in range(5))]
    told = laid_out(given, width_px=WIDTH, height_px=HEIGHT)
    page = page_of(*given[::-1])
    assert [each.text for each in lines_of(page)] == [each.text for each in told.lines]


def test_paragraphs_are_those_of_the_markdown() -> None:
    rows = [
        "1. The first item of a list goes on for a while, and so does",
        "its second line.",
        "2. The second item.",
        "3. The third item.",
    ]
    given = [
        line(text, at(100, 100 + 40 * n, 100 + 14 * len(text), 130 + 40 * n))
        for n, text in enumerate(rows)
    ]
    page = page_of(*given)
    paragraphs = [part for block in blocks_of(page) for part in block.paragraphs]
    told = laid_out(given, width_px=WIDTH, height_px=HEIGHT).markdown
    assert [len(each.lines) for each in paragraphs] == [2, 1, 1]
    assert len(told.splitlines()) == len(paragraphs)


@given(st.sampled_from([0, 90, 180, 270]))
def test_a_turned_page_is_read_as_it_is_upright(degrees: int) -> None:
    cosine, sine = round(math.cos(math.radians(degrees))), round(math.sin(math.radians(degrees)))

    def turned(x: float, y: float) -> Point:
        """Clockwise, about the middle of a square page."""
        return 500 + cosine * x - sine * y, 500 + sine * x + cosine * y

    lines = [
        line(
            text,
            (
                turned(-300, top),
                turned(300, top),
                turned(300, top + 30),
                turned(-300, top + 30),
            ),
        )
        for text, top in (("first", -200), ("second", -150), ("third", -100), ("far below", 200))
    ]
    page = page_of(*reversed(lines), angle_deg=float(degrees if degrees < 270 else -90))
    assert [each.text for each in lines_of(page)] == ["first", "second", "third", "far below"]
    assert [len(each.lines) for block in blocks_of(page) for each in block.paragraphs] == [3, 1]
    assert {round(each.angle_deg) % 360 for each in lines_of(page)} == {degrees}
    assert {each.height_px for each in lines_of(page)} == {30.0}


def test_words_that_no_engine_told_share_the_line_by_their_characters() -> None:
    (placed,) = lines_of(page_of(line("ab cdef", at(100, 10, 170, 40))))
    assert [(word.text, word.box.left, word.box.right) for word in placed.words] == [
        ("ab", 100, 120),
        ("cdef", 130, 170),
    ]
    assert {word.confidence for word in placed.words} == {0.5}


def test_words_of_a_line_from_the_right_begin_at_its_right() -> None:
    (placed,) = lines_of(page_of(line("אב גדהו", at(100, 10, 170, 40))))
    assert placed.right_to_left
    assert [(word.box.left, word.box.right) for word in placed.words] == [(150, 170), (100, 140)]


def test_words_that_the_engine_told_count() -> None:
    told = Line(
        text="ab cd",
        confidence=0.5,
        polygon=at(0, 0, 100, 20),
        words=words_at(("ab", at(1, 1, 30, 19)), ("\x00", at(31, 1, 33, 19))),
    )
    (placed,) = lines_of(page_of(told))
    assert [(word.text, word.confidence) for word in placed.words] == [("ab", 0.75)]


def test_the_baseline_of_a_slanted_line_is_parallel_to_it() -> None:
    slanted: Final = ((100.0, 100.0), (300.0, 120.0), (300.0, 150.0), (100.0, 130.0))
    (placed,) = lines_of(page_of(line("on a slope", slanted)))
    assert placed.baseline == ((100.0, 124.0), (300.0, 144.0))
    assert round(placed.angle_deg, 1) == 5.7


def test_a_line_without_a_sign_is_left_out() -> None:
    page = page_of(line(" \x00\u200f", at(0, 0, 10, 10)), line("", at(0, 20, 10, 30)))
    assert blocks_of(page) == ()
