"""The order in which a person reads the lines of a page: pure geometry, no pixels.

Top to bottom, left to right; columns of prose one after the other; tables row by row. The page is
cut in two or three where a gutter separates two columns, and the parts are cut again.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from contracts.pages import Line

Row = tuple[Line, ...]  # what stands side by side, from the left
Block = tuple[Row, ...]  # rows that belong together, from the top

# A column has at least so many rows, ...
_COLUMN_ROWS: Final = 4
# ... so many letters in a row (tables have short cells, and digits), ...
_COLUMN_LETTERS: Final = 15
# ... rows that fill so much of its width (forms and tables are ragged), ...
_COLUMN_FILL: Final = 0.6
# ... and a gutter beside it of so many line heights; spaces between words are narrower.
_GUTTER_HEIGHTS: Final = 0.6
# Beyond this a page is turned, not skewed: rows are then taken as they come.
_MAX_SKEW: Final = math.radians(15)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Box:
    """A line's bounding box after the page's skew is taken out. px, origin top left."""

    line: Line
    left: float
    right: float
    middle: float  # of its height
    height: float


def in_reading_order(lines: Sequence[Line]) -> tuple[Block, ...]:
    """Every line once, as blocks of rows, in reading order; the same for any order of `lines`."""
    skew = _skew(lines)
    # The sort makes the outcome independent of the order in which detection found the lines.
    boxes = sorted(
        (_box(line, skew) for line in lines),
        key=lambda box: (
            box.middle,
            box.left,
            box.right,
            box.line.text,
            box.line.polygon,
            box.line.confidence,
        ),
    )
    return tuple(_rows(block) for block in _blocks(boxes))


def _skew(lines: Sequence[Line]) -> float:
    """The page's angle in radians: the median over lines, the longer ones of more weight."""
    angles: list[float] = []
    for line in lines:
        (left, top), (right, bottom), *_ = line.polygon
        angle = math.atan2(bottom - top, right - left)
        if abs(angle) < _MAX_SKEW:
            angles.extend([angle] * min(1 + len(line.text) // 10, 20))
    return median(angles) if angles else 0.0


def _box(line: Line, skew: float) -> _Box:
    sine, cosine = math.sin(-skew), math.cos(-skew)
    xs = [x * cosine - y * sine for x, y in line.polygon]
    ys = [x * sine + y * cosine for x, y in line.polygon]
    return _Box(
        line=line,
        left=min(xs),
        right=max(xs),
        middle=(min(ys) + max(ys)) / 2,
        height=max(max(ys) - min(ys), 1.0),
    )


def _blocks(boxes: list[_Box]) -> list[list[_Box]]:
    """The boxes (sorted from the top) in blocks that are to be read one after the other."""
    ordered: list[list[_Box]] = []
    waiting = [boxes]
    while waiting:
        part = waiting.pop()
        pieces = _cut_at_gutter(part)
        if pieces is None:
            ordered += [part] if part else []
        else:
            # Above, left column, right column, below; the last pushed comes next.
            waiting.extend(reversed(pieces))
    return ordered


def _cut_at_gutter(boxes: list[_Box]) -> tuple[list[_Box], ...] | None:
    """(above, left, right, below) at the gutter that has the most boxes beside it, or None."""
    if len(boxes) < 2 * _COLUMN_ROWS:
        return None
    best: tuple[int, int, float] | None = None
    most = 2 * _COLUMN_ROWS - 1
    width = _GUTTER_HEIGHTS * median(box.height for box in boxes)
    for gutter in sorted({box.left - width / 2 for box in boxes}):
        for first, last in _bands(boxes, gutter, width):
            if last - first > most and _are_columns(boxes[first:last], gutter):
                best, most = (first, last, gutter), last - first
    if best is None:
        return None
    first, last, gutter = best
    band = boxes[first:last]
    return (
        boxes[:first],
        [box for box in band if box.right <= gutter],
        [box for box in band if box.right > gutter],
        boxes[last:],
    )


def _bands(boxes: list[_Box], gutter: float, width: float) -> list[tuple[int, int]]:
    """Runs of boxes, as index ranges, none of which reaches into the gutter."""
    bands: list[tuple[int, int]] = []
    first = 0
    for index, box in enumerate(boxes):
        if box.left < gutter + width / 2 - 0.5 and box.right > gutter - width / 2 + 0.5:
            bands.append((first, index))
            first = index + 1
    bands.append((first, len(boxes)))
    return bands


def _are_columns(band: list[_Box], gutter: float) -> bool:
    left = [box for box in band if box.right <= gutter]
    right = [box for box in band if box.right > gutter]
    return _is_column(left) and _is_column(right)


def _is_column(boxes: list[_Box]) -> bool:
    if len(boxes) < _COLUMN_ROWS:
        return False
    extent = max(box.right for box in boxes) - min(box.left for box in boxes)
    rows = _rows_of_boxes(boxes)
    letters = sum(character.isalpha() for box in boxes for character in box.line.text)
    filled = sum(row[-1].right - row[0].left for row in rows)
    return (
        len(rows) >= _COLUMN_ROWS
        and letters >= _COLUMN_LETTERS * len(rows)
        and filled >= _COLUMN_FILL * extent * len(rows)
    )


def _rows_of_boxes(boxes: list[_Box]) -> list[list[_Box]]:
    """Boxes (sorted from the top) side by side in rows: their middles differ by half a line."""
    rows: list[list[_Box]] = []
    for box in boxes:
        row = rows[-1] if rows else []
        if row and box.middle - row[0].middle < 0.5 * min(box.height, row[0].height):
            row.append(box)
        else:
            rows.append([box])
    for row in rows:
        row.sort(key=lambda box: (box.left, box.right, box.line.text))
    return rows


def _rows(boxes: list[_Box]) -> Block:
    return tuple(tuple(box.line for box in row) for row in _rows_of_boxes(boxes))
