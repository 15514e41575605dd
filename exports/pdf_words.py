"""Which words of a page get text, and where their ink is."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from contracts.pages import Line, Point, Polygon
from exports.pdf_clusters import clusters, is_right_to_left, is_wide, printable
from exports.pdf_font import width_of
from exports.pdf_glyphless import NARROW

# Text is measured along here: from the top edge to the bottom edge of what is read.
_BASELINE: Final = 0.8


@dataclass(frozen=True, kw_only=True)
class PlacedWord:
    """A word on its baseline; px of the page's image, origin top left.

    `text` in the order of reading, `parts` in that of the paper, from `start` on in `direction`
    (a unit vector) for `length_px`.
    """

    text: str
    parts: tuple[str, ...]
    start: Point
    direction: Point
    length_px: float
    height_px: float

    @property
    def right_to_left(self) -> bool:
        return is_right_to_left(self.text)


def placed_words(line: Line) -> list[PlacedWord]:
    """The words of a line from left to right as they stand on paper; none of a line of nothing."""
    words = [(printable(word.text), word.polygon) for word in line.words]
    told = "".join("".join(text.split()) for text, _ in words)
    if told != "".join(printable(line.text).split()):
        # The engine tells no words, or not all of them.
        words = list(_by_shares(printable(" ".join(line.text.split())), line.polygon))
    placed = [
        each
        for text, polygon in words
        if text.strip() and (each := _placed(text.strip(), polygon)) is not None
    ]
    if is_right_to_left(line.text):
        placed.sort(key=lambda word: _along(word.direction, word.start))
    return placed


def _by_shares(text: str, polygon: Polygon) -> Iterator[tuple[str, Polygon]]:
    """The words of a line with the shares of its polygon that their characters make."""
    words = _as_they_stand(text.split(" "))
    widths = [width_of(clusters(word)) for word in words]
    total = sum(widths) + NARROW * (len(words) - 1)
    if total <= 0:
        return
    begin = 0
    for word, width in zip(words, widths, strict=True):
        yield word, _share(polygon, begin / total, (begin + width) / total)
        begin += width + NARROW


def _as_they_stand(words: Sequence[str]) -> list[str]:
    """From the order of reading to that of the paper: in a right-to-left line all words are turned
    around, and runs of left-to-right ones in it once more."""
    if not is_right_to_left(" ".join(words)):
        return list(words)
    return [
        word
        for right_to_left, run in groupby(reversed(words), key=is_right_to_left)
        for word in (list(run) if right_to_left else reversed(list(run)))
    ]


def _share(polygon: Polygon, begin: float, end: float) -> Polygon:
    top_left, top_right, bottom_right, bottom_left = polygon
    return (
        _between(top_left, top_right, begin),
        _between(top_left, top_right, end),
        _between(bottom_left, bottom_right, end),
        _between(bottom_left, bottom_right, begin),
    )


def _placed(text: str, polygon: Polygon) -> PlacedWord | None:
    parts = tuple(clusters(text))
    top_left, top_right, bottom_right, bottom_left = polygon
    if _is_stacked(parts, polygon):
        # Characters below each other: the line runs down, its baseline is on the left.
        top_left, top_right, bottom_right, bottom_left = (
            polygon[1],
            polygon[2],
            polygon[3],
            polygon[0],
        )
    start = _between(top_left, bottom_left, _BASELINE)
    end = _between(top_right, bottom_right, _BASELINE)
    length = math.dist(start, end)
    height = (math.dist(top_left, bottom_left) + math.dist(top_right, bottom_right)) / 2
    if not parts or length < 0.5 or height < 0.5:
        return None
    return PlacedWord(
        text=text,
        parts=parts,
        start=start,
        direction=((end[0] - start[0]) / length, (end[1] - start[1]) / length),
        length_px=length,
        height_px=height,
    )


def _is_stacked(parts: Sequence[str], polygon: Polygon) -> bool:
    across = math.dist(polygon[0], polygon[1])
    down = math.dist(polygon[0], polygon[3])
    return len(parts) > 1 and all(map(is_wide, parts)) and down > across


def _between(one: Point, other: Point, share: float) -> Point:
    return (one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share)


def _along(direction: Point, point: Point) -> float:
    return direction[0] * point[0] + direction[1] * point[1]
