"""Pages as they may come: any text, any polygon, with words and without, read and failed."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from hypothesis import strategies as st

from contracts.output_formats import OutputFormat
from contracts.pages import Line, PageResult, Polygon, Word
from exports.exporting import Material
from exports.registry import exporter
from tests.examples import job_summary, page_failed, page_succeeded

WIDTH: Final = 1000
HEIGHT: Final = 1400

# Controls and lone surrogates too, which no XML may hold.
any_text = st.text(st.characters(codec=None, categories=None), max_size=12) | st.sampled_from(
    [
        "Donau-",
        "a\tb\nc",
        "--",
        "]]>",
        "<b>&amp;\"'",
        "می\u200cروم",
        "\ud800",
        "\x00",
        "שלום",
        "𝄞x",
    ]
)
some_coordinates = st.floats(-50, 1500, width=32) | st.floats(allow_nan=False, allow_infinity=False)
points = st.tuples(some_coordinates, some_coordinates)
any_polygon = st.tuples(points, points, points, points)
confidences = st.floats(0, 1)
any_word = st.builds(Word, text=any_text, confidence=confidences, polygon=any_polygon)
any_line = st.builds(
    Line,
    text=any_text,
    confidence=confidences,
    polygon=any_polygon,
    words=st.lists(any_word, max_size=3).map(tuple),
)
any_read_page = st.builds(
    page_succeeded,
    page_index=st.integers(0, 12_000),
    width_px=st.just(WIDTH),
    height_px=st.just(HEIGHT),
    dpi=st.integers(50, 1200),
    angle_deg=st.sampled_from([0.0, -3.25, 90.0, 180.0, -90.0]),
    confidence=confidences,
    lines=st.lists(any_line, max_size=4).map(tuple),
)
any_failed_page = st.builds(page_failed, page_index=st.integers(0, 12_000), error=any_text)


def any_pages(*, at_least: int = 1) -> st.SearchStrategy[list[PageResult]]:
    """Pages in page order, each of another number."""
    return st.lists(
        any_read_page | any_failed_page,
        min_size=at_least,
        max_size=3,
        unique_by=lambda page: page.page_index,
    ).map(lambda pages: sorted(pages, key=lambda page: page.page_index))


def at(left: float, top: float, right: float, bottom: float) -> Polygon:
    """An upright rectangle."""
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def words_at(*words: tuple[str, Polygon]) -> tuple[Word, ...]:
    return tuple(Word(text=text, confidence=0.75, polygon=where) for text, where in words)


def a_document() -> list[PageResult]:
    """One page with all that a format has to tell, one that failed, and an empty one."""
    lines = (
        Line(
            text="The Danube steam-",
            confidence=0.875,
            polygon=at(100, 100, 440, 140),
            words=words_at(
                ("The", at(100, 100, 170, 140)),
                ("Danube", at(190.5, 100, 320, 140)),
                ("steam-", at(340, 100, 440, 140)),
            ),
        ),
        Line(text="ship, on a slant", confidence=0.5, polygon=_slanted),
        Line(text="سلام دنیا", confidence=0.9, polygon=at(300, 400, 600, 440)),
        Line(text="up the margin", confidence=0.6, polygon=_upwards),
    )
    size = {"width_px": WIDTH, "height_px": HEIGHT}
    return [
        page_succeeded(lines=lines, **size),
        page_failed(page_index=1, error='the image is damaged -- "send" <it> again -', **size),
        page_succeeded(page_index=2, lines=(), confidence=0.0, source="blank", **size),
    ]


_slanted: Polygon = ((100, 150), (440, 170), (438, 210), (98, 190))
_upwards: Polygon = ((20, 900), (20, 700), (60, 700), (60, 900))


def exported(
    output_format: OutputFormat,
    pages: Iterable[PageResult],
    folder: Path,
    *,
    language: str = "en",
    filename: str = "scan.pdf",
    total_pages: int = 3,
) -> Path:
    """The file that the registry's exporter of the format writes."""
    out = folder / "out"
    summary = job_summary(total_pages=total_pages, filename=filename)
    exporter(output_format)(Material(summary=summary, language=language, pages=iter(pages)), out)
    return out
