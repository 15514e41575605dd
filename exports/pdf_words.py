"""Which words of a page get text, and where their ink is."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import Final

from contracts.pages import Line, Point, Polygon, Word
from exports.geometry import between, part_of
from exports.pdf_clusters import (
    RIGHT_TO_LEFT_MARK,
    clusters,
    has_right_to_left,
    is_right_to_left,
    printable,
    right_to_left_clusters,
)
from exports.pdf_font import width_of
from exports.pdf_glyphless import NARROW, SLANTED, UPRIGHT, Face

# Of its height, what a line may rise or fall from end to end and count as upright.
_UPRIGHT_RISE: Final = 0.25
# Boxes so much higher than wide are read from top to bottom (ocr_node/engines/line_images.py, as in
# PaddleOCR's CropByPolys), and say so by their shape only.
_TURNED: Final = 1.5
_LEAST_PX: Final = 0.5


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
    face: Face

    @property
    def right_to_left(self) -> bool:
        return is_right_to_left(self.text)


def placed_words(line: Line) -> list[PlacedWord]:
    """The words of a line from left to right as they stand on paper; none of a line of nothing."""
    turned = _is_turned(line)
    polygon = _turned(line.polygon) if turned else line.polygon
    words = [
        (
            printable(word.text),
            _turned(word.polygon) if turned and _parallel(word, line) else word.polygon,
        )
        for word in line.words
    ]
    told = "".join("".join(text.split()) for text, _ in words)
    if told != "".join(printable(line.text).split()):
        # The engine tells no words, or not all of them.
        words = list(_by_shares(" ".join(printable(line.text).split()), polygon))
    face = _face_for(polygon)
    placed = [
        each
        for text, word_polygon in words
        if (each := _placed(text.strip(), word_polygon, face)) is not None
    ]
    if is_right_to_left(line.text):
        placed.sort(key=lambda word: _along(word.direction, word.start))
        return placed[:1] + [_kept_apart(left, word) for left, word in pairwise(placed)]
    return placed


def _kept_apart(left: PlacedWord, word: PlacedWord) -> PlacedWord:
    """A number or a left-to-right word of a right-to-left line, with a mark on its left.

    Poppler tells such a word with the space on its left in front of it, and so joins it to the
    next one (TextPage::dumpFragment); the mark, which has no width, ends the word before the space.
    """
    if has_right_to_left(word.text) or not has_right_to_left(left.text):
        return word
    parts: Sequence[str] = word.parts
    if not any(map(str.isalpha, word.text)):
        parts = right_to_left_clusters(word.text)  # brackets around a number change sides
    at = next((n for n, part in enumerate(parts) if part.isalnum()), 0)
    return replace(word, parts=(*parts[:at], RIGHT_TO_LEFT_MARK, *parts[at:]))


def _is_turned(line: Line) -> bool:
    """Whether a line's polygon tells its place only, and not from where to where it is read."""
    parts = clusters("".join(printable(line.text).split()))
    across = math.dist(line.polygon[0], line.polygon[1])
    down = math.dist(line.polygon[0], line.polygon[3])
    if len(parts) < 2 or down < max(_TURNED * across, _LEAST_PX):
        return False
    # By how much its characters would be stretched or squeezed if it ran this way, or that.
    ems = width_of(parts) / 1000
    level, upright = across / (down * ems), down / (max(across, _LEAST_PX) * ems)
    return max(upright, 1 / upright) < max(level, 1 / max(level, 1e-6))


def _parallel(word: Word, line: Line) -> bool:
    (ax, ay), (bx, by) = word.polygon[:2]
    (cx, cy), (dx, dy) = line.polygon[:2]
    along, beside = (bx - ax, by - ay), (dx - cx, dy - cy)
    dot = along[0] * beside[0] + along[1] * beside[1]
    return abs(dot) > 0.7 * math.hypot(*along) * math.hypot(*beside)


def _turned(polygon: Polygon) -> Polygon:
    """From top to bottom, what stood from left to right."""
    return (*polygon[1:], polygon[0])


def _face_for(polygon: Polygon) -> Face:
    """The slanted one for a line that is not level with itself."""
    (x0, y0), (x1, y1) = (between(polygon[n], polygon[3 - n], 0.5) for n in (0, 1))
    rise = min(abs(x1 - x0), abs(y1 - y0))
    return UPRIGHT if rise <= _UPRIGHT_RISE * math.dist(polygon[0], polygon[3]) else SLANTED


def _by_shares(text: str, polygon: Polygon) -> Iterator[tuple[str, Polygon]]:
    """The words of a line with the shares of its polygon that their characters make."""
    words = _as_they_stand(text.split(" "))
    widths = [width_of(clusters(word)) for word in words]
    total = sum(widths) + NARROW * (len(words) - 1)
    if total <= 0:
        return
    begin = 0
    for word, width in zip(words, widths, strict=True):
        yield word, part_of(polygon, begin / total, (begin + width) / total)
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


def _placed(text: str, polygon: Polygon, face: Face) -> PlacedWord | None:
    parts = tuple(clusters(text))
    top_left, top_right, bottom_right, bottom_left = polygon
    start = between(top_left, bottom_left, face.baseline)
    end = between(top_right, bottom_right, face.baseline)
    length = math.dist(start, end)
    height = (math.dist(top_left, bottom_left) + math.dist(top_right, bottom_right)) / 2
    if not parts or length < _LEAST_PX or height < _LEAST_PX:
        return None
    return PlacedWord(
        text=text,
        parts=parts,
        start=start,
        direction=((end[0] - start[0]) / length, (end[1] - start[1]) / length),
        length_px=length,
        height_px=height,
        face=face,
    )


def _along(direction: Point, point: Point) -> float:
    return direction[0] * point[0] + direction[1] * point[1]
