"""What stands above and below a page's text: page headers, footers, page numbers."""

import re
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Final, NamedTuple

from layout.boxes import Box
from layout.rows import BoxRow, rows_of

# Bands of the page, in shares of its height: where headers and footers stand, whatever they say.
_HEADER_BAND: Final = 0.06
_FOOTER_BAND: Final = 0.92
# Paper is no longer than this, in its widths: Legal is 1.65.
_LONGEST_PAGE: Final = 1.7
# A page number may stand further in: pages have wide margins.
_NUMBER_BAND: Final = 0.15
# They keep away from the text by so many pitches of its rows; ...
_CLEAR_PITCHES: Final = 1.4
# ... a page number alone in its row need not.
_NUMBER_PITCHES: Final = 0.6
# More rows than this are no header; a footer may have a disclaimer.
_HEADER_ROWS: Final = 4
_FOOTER_ROWS: Final = 6
# Nothing of it is printed larger than this, in heights of the text: titles are.
_LARGEST: Final = 1.35
# 12, - 12 -, xii, 3/34, Page 1 of 6, S. 12, 12 | Name
_PAGE_NUMBER: Final = re.compile(
    r"^(?:[-\u2013\u2014\[(]?\s*\d{1,5}\s*[-\u2013\u2014\])]?|[ivxl]{1,7}|\d{1,5}\s*(?:/|of)\s*\d{1,5}"
    r"|(?:page|seite|p\.|pg\.?|s\.)\s*\d{1,5}(?:\s*(?:/|of|von)\s*\d{1,5})?)$",
    re.IGNORECASE,
)


class PageParts(NamedTuple):
    """Boxes from the top down, each in one of them."""

    header: list[Box]
    body: list[Box]
    footer: list[Box]


def parted(boxes: Sequence[Box], *, top: float, bottom: float, width: float) -> PageParts:
    """`boxes` sorted from the top; `top`, `bottom`, `width`: of the page, px, in their frame;
    width 0: unknown, and so are its margins.

    What is not sure to be a running head is body.
    """
    rows = rows_of(boxes)
    if len(rows) < 3:
        return PageParts(header=[], body=list(boxes), footer=[])
    pitch = _pitch(rows)
    height = median(box.height for box in boxes)
    size = bottom - top
    # A strip of paper, or a piece of a page, has no margins: only page numbers tell.
    bands = (0.0, 1.0) if size > _LONGEST_PAGE * width else (_HEADER_BAND, _FOOTER_BAND)
    page = _Page(top=top, size=size, header=bands[0], footer=bands[1], pitch=pitch, height=height)
    at_top = _header_rows(rows, page)
    at_bottom = _footer_rows(rows[at_top:], page)
    inside = {id(box) for row in rows[at_top : len(rows) - at_bottom] for box in row}
    above = {id(box) for row in rows[:at_top] for box in row}
    return PageParts(
        header=[box for box in boxes if id(box) in above],
        body=[box for box in boxes if id(box) in inside],
        footer=[box for box in boxes if id(box) not in inside and id(box) not in above],
    )


class _Page(NamedTuple):
    top: float  # px
    size: float  # px, from top to bottom
    header: float  # where the header's band ends, and ...
    footer: float  # ... the footer's begins, in shares of `size`
    pitch: float  # px, of rows
    height: float  # px, of lines


def _pitch(rows: list[BoxRow]) -> float:
    pitches = [below[0].middle - above[0].middle for above, below in pairwise(rows)]
    height = median(row[0].height for row in rows)
    # Rows of two columns out of step are closer to each other than lines of text can be.
    return max(median(pitches), height)


def _header_rows(rows: list[BoxRow], page: _Page) -> int:
    """How many rows from the first on are the page's header."""
    for count in range(min(_HEADER_ROWS, len(rows) - 2), 0, -1):
        head, body = rows[:count], rows[count]
        if max(box.height for row in head for box in row) > _LARGEST * page.height:
            continue
        if _middle(body) - _middle(head[-1]) < _CLEAR_PITCHES * page.pitch:
            continue
        if any(_middle(b) - _middle(a) > 3 * page.pitch for a, b in pairwise(head)):
            continue
        numbered = count == 1 and _has_page_number(head[0])
        if _middle(head[-1]) < page.top + (_NUMBER_BAND if numbered else page.header) * page.size:
            return count
    return 0


def _footer_rows(rows: list[BoxRow], page: _Page) -> int:
    """How many rows from the last on are the page's footer."""
    for count in range(min(_FOOTER_ROWS, len(rows) - 2), 0, -1):
        body, foot = rows[-count - 1], rows[-count:]
        if max(box.height for row in foot for box in row) > _LARGEST * page.height:
            continue
        distance = _middle(foot[0]) - _middle(body)
        number = len(foot[0]) == 1 and _is_page_number(foot[0][0])
        in_band = _middle(foot[0]) > page.top + page.footer * page.size
        if number and in_band and distance >= _NUMBER_PITCHES * page.pitch:
            return count
        if (in_band or (number and count == 1)) and distance >= _CLEAR_PITCHES * page.pitch:
            return count
    return 0


def _middle(row: BoxRow) -> float:
    return row[0].middle


def _is_page_number(box: Box) -> bool:
    return _PAGE_NUMBER.match(box.text) is not None


def _has_page_number(row: BoxRow) -> bool:
    """At one of its ends, where page numbers stand."""
    return (
        _is_page_number(row[0])
        or _is_page_number(row[-1])
        or _PAGE_NUMBER.match(row[0].text.split(" ", 1)[0] or "-") is not None
        or _PAGE_NUMBER.match(row[-1].text.rsplit(" ", 1)[-1] or "-") is not None
    )
