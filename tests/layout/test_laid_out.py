"""Lines of turned pages, in the order of the straight ones."""

import math

import pytest

from contracts.pages import Line, PageFailed, PageSucceeded, Polygon, Word
from layout.known_page import page_of_known_lines
from layout.laid_out import laid_out
from tests.examples import page_failed, page_task

WIDTH_PX, HEIGHT_PX = 1000, 800


def line(text: str, *, left: float, top: float, degrees: float = 0.0) -> Line:
    """A line of a page that was turned by `degrees` about its middle."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))

    def turned(x: float, y: float) -> tuple[float, float]:
        x, y = x - WIDTH_PX / 2, y - HEIGHT_PX / 2
        return (
            x * cosine - y * sine + WIDTH_PX / 2,
            x * sine + y * cosine + HEIGHT_PX / 2,
        )

    right, bottom = left + 12 * len(text), top + 20
    place: Polygon = (
        turned(left, top), turned(right, top), turned(right, bottom), turned(left, bottom)
    )  # fmt: skip
    word = Word(text=text, confidence=0.9, polygon=place)
    return Line(text=text, confidence=0.9, polygon=place, words=(word,))


@pytest.mark.parametrize("degrees", [0.0, 0.2, 6.0, -10.0, 90.0, 180.0, -90.0, 95.0])
def test_order_is_that_of_the_straight_page_and_polygons_are_those_given(degrees: float) -> None:
    places = {"one": (100, 100), "two": (600, 104), "three": (100, 200), "four": (100, 300)}
    given = [
        line(text, left=left, top=top, degrees=degrees) for text, (left, top) in places.items()
    ]
    page = laid_out(given[::-1], angle_deg=degrees, width_px=WIDTH_PX, height_px=HEIGHT_PX)
    assert page.text == "one two\nthree\nfour"
    for before, after in zip(given, page.lines, strict=True):
        assert after.text == before.text
        for one, other in zip(before.polygon, after.polygon, strict=True):
            assert other == pytest.approx(one, abs=0.02)
        assert after.words[0].polygon == after.polygon


def test_what_lies_on_its_side_comes_last_in_its_own_order() -> None:
    level = [line("above", left=100, top=100), line("below", left=100, top=700)]
    on_its_side = [
        line("first", left=300, top=300, degrees=90), line("second", left=300, top=340, degrees=90)
    ]  # fmt: skip
    page = laid_out(
        [*on_its_side[::-1], *level[::-1]], angle_deg=0.0, width_px=WIDTH_PX, height_px=HEIGHT_PX
    )
    assert page.text == "above\nbelow\nfirst\nsecond"


def test_a_page_that_cannot_be_read_keeps_the_text_that_was_known() -> None:
    known = (line("second", left=100, top=200), line("first", left=100, top=100))
    failed = page_failed(error="the engine ran out of memory", worker="node-a", attempts=3)
    page = page_of_known_lines(page_task(known_lines=known), failed)
    assert isinstance(page, PageSucceeded)
    assert page.text == "first\nsecond"
    assert (page.source, page.confidence, page.attempts) == ("text_layer", 1.0, 3)
    assert page.error is not None
    assert "out of memory" in page.error
    assert page.report()["status"] == "success"
    assert "out of memory" in page.report()["error"]
    assert isinstance(page_of_known_lines(page_task(), failed), PageFailed)
