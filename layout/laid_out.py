"""A page's lines in reading order, with its text: also of one that is turned or skewed, as if it
lay straight."""

import math
from collections.abc import Iterator, Sequence
from typing import Final

from contracts.job_options import RunningHeads
from contracts.pages import Line, Point, Polygon
from layout.page_text import PageText, compose
from layout.paragraphs import Block, paragraphs_of_page
from layout.reading_order import arranged

# A page turned by less is read as it lies: reading order allows for as much.
_STRAIGHT_DEG: Final = 0.3


def laid_out(
    lines: Sequence[Line],
    *,
    width_px: int,
    height_px: int,
    angle_deg: float = 0.0,
    running_heads: RunningHeads = "keep",
) -> PageText:
    """`angle_deg`: by how much the text of the page is turned clockwise; polygons stay as they were
    given. Lines that are turned by quarters against it, as a table on its side is, come last, each
    direction as one more page."""
    ordered: list[Line] = []
    texts: list[str] = []
    markdowns: list[str] = []
    for turn, group, (width, height) in _directions(lines, width_px, height_px, angle_deg):
        page = compose(
            [turn.straight(line) for line in group] if turn else group,
            width_px=width,
            height_px=height,
            running_heads=running_heads,
        )
        ordered += [turn.as_it_was(line) for line in page.lines] if turn else page.lines
        texts.append(page.text)
        markdowns.append(page.markdown)
    return PageText(
        lines=tuple(ordered),
        text="\n".join(filter(None, texts)),
        markdown="\n\n".join(filter(None, markdowns)),
    )


def paragraphs_as_read(
    lines: Sequence[Line], *, width_px: int, height_px: int, angle_deg: float = 0.0
) -> tuple[Block, ...]:
    """The same lines in the same order, as blocks of paragraphs; the very objects, each once."""
    blocks: list[Block] = []
    for turn, group, (width, height) in _directions(lines, width_px, height_px, angle_deg):
        straight = [turn.straight(line) for line in group] if turn else group
        given = {id(moved): line for moved, line in zip(straight, group, strict=True)}
        page = arranged(straight, width_px=width, height_px=height)
        blocks += (
            tuple(tuple(given[id(line)] for line in paragraph) for paragraph in block)
            for block in paragraphs_of_page(page)
        )
    return tuple(blocks)


def _directions(
    lines: Sequence[Line], width_px: int, height_px: int, angle_deg: float
) -> Iterator[tuple["_Turn | None", Sequence[Line], tuple[float, float]]]:
    """Lines of one direction, how to turn them straight (None: they are), and the size of the page
    then; those of the page's own direction come first."""
    directions: dict[int, list[Line]] = {}
    for line in lines:
        quarters = round((_angle_deg(line) - angle_deg) / 90) % 4
        directions.setdefault(quarters, []).append(line)
    for quarters, group in sorted(directions.items()):
        degrees = angle_deg + 90 * quarters
        turn = _Turn(degrees, width_px, height_px) if abs(degrees) >= _STRAIGHT_DEG else None
        yield turn, group, turn.straight_size if turn else (width_px, height_px)


def _angle_deg(line: Line) -> float:
    (left, top), (right, bottom), *_ = line.polygon
    return math.degrees(math.atan2(bottom - top, right - left))


class _Turn:
    """Turns lines of a page back by `degrees`, about its middle, and to and fro."""

    def __init__(self, degrees: float, width_px: int, height_px: int) -> None:
        self._cosine = math.cos(math.radians(degrees))
        self._sine = math.sin(math.radians(degrees))
        self._middle = (width_px / 2, height_px / 2)
        self.straight_size = (
            abs(width_px * self._cosine) + abs(height_px * self._sine),
            abs(width_px * self._sine) + abs(height_px * self._cosine),
        )
        self._straight_middle = (self.straight_size[0] / 2, self.straight_size[1] / 2)

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
