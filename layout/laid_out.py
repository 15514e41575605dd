"""A page's lines in reading order, with its text: also of one that is turned or skewed, as if it
lay straight."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from contracts.pages import Line, Point, Polygon
from layout.page_text import markdown_of, text_of
from layout.reading_order import Block, in_reading_order

# A page turned by less is read as it lies: reading order allows for as much.
_STRAIGHT_DEG: Final = 0.3


@dataclass(frozen=True, kw_only=True)
class LaidOut:
    """`lines` in reading order, polygons as they were given."""

    lines: tuple[Line, ...]
    text: str
    markdown: str


def laid_out(lines: Sequence[Line], *, angle_deg: float, width_px: int, height_px: int) -> LaidOut:
    """`angle_deg`: by how much the text of the page is turned clockwise. Lines that are turned by
    quarters against it, as a table on its side is, come last, each direction as one more page."""
    directions: dict[int, list[Line]] = {}
    for line in lines:
        quarters = round((_angle_deg(line) - angle_deg) / 90) % 4
        directions.setdefault(quarters, []).append(line)
    blocks: list[Block] = []
    ordered: list[Line] = []
    for quarters, group in sorted(directions.items()):
        degrees = angle_deg + 90 * quarters
        turn = None if abs(degrees) < _STRAIGHT_DEG else _Turn(degrees, width_px, height_px)
        found = in_reading_order([turn.straight(line) for line in group] if turn else group)
        blocks += found
        in_order = [line for block in found for row in block for line in row]
        ordered += [turn.as_it_was(line) for line in in_order] if turn else in_order
    return LaidOut(
        lines=tuple(ordered), text=text_of(tuple(blocks)), markdown=markdown_of(tuple(blocks))
    )


def _angle_deg(line: Line) -> float:
    (left, top), (right, bottom), *_ = line.polygon
    return math.degrees(math.atan2(bottom - top, right - left))


class _Turn:
    """Turns lines of a page back by `degrees`, about its middle, and to and fro."""

    def __init__(self, degrees: float, width_px: int, height_px: int) -> None:
        self._cosine = math.cos(math.radians(degrees))
        self._sine = math.sin(math.radians(degrees))
        self._middle = (width_px / 2, height_px / 2)
        self._straight_middle = (
            (abs(width_px * self._cosine) + abs(height_px * self._sine)) / 2,
            (abs(width_px * self._sine) + abs(height_px * self._cosine)) / 2,
        )

    def straight(self, line: Line) -> Line:
        return self._moved(line, -self._sine, self._middle, self._straight_middle)

    def as_it_was(self, line: Line) -> Line:
        return self._moved(line, self._sine, self._straight_middle, self._middle)

    def _moved(self, line: Line, sine: float, origin: Point, target: Point) -> Line:
        def moved(polygon: Polygon) -> Polygon:
            a, b, c, d = (
                (
                    round((x - origin[0]) * self._cosine - (y - origin[1]) * sine + target[0], 2),
                    round((x - origin[0]) * sine + (y - origin[1]) * self._cosine + target[1], 2),
                )
                for x, y in polygon
            )
            return a, b, c, d

        words = tuple(
            word.model_copy(update={"polygon": moved(word.polygon)}) for word in line.words
        )
        return line.model_copy(update={"polygon": moved(line.polygon), "words": words})
