"""Columns: a page is cut where a gutter separates two of them, and the parts are cut again."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Final, NamedTuple

from layout.boxes import Box
from layout.rows import BoxRow, rows_of

# A column has at least so many rows, ...
_COLUMN_ROWS: Final = 4
# ... and so many of them are lines of text, for there are headings and small tables, too: ...
_COLUMN_LINES: Final = 0.55
# ... they have so many letters (cells of tables are short, or digits), ...
_COLUMN_LETTERS: Final = 15
# ... and fill so much of its width (forms and tables are ragged); ...
_COLUMN_FILL: Final = 0.6
# ... so many rows begin where the one above begins (centred lines do not), ...
_COLUMN_STEADY: Final = 0.5
# ... and a gutter beside it: most boxes keep so many line heights away from most of those on its
# other side, ...
_GUTTER_HEIGHTS: Final = 0.3
# ... and none reaches over the middle of it by more than this (detection is not exact: where a
# gutter is as wide as a line is high, boxes reach into it by a third of that).
_REACH_HEIGHTS: Final = 0.4
# What stands beside a column of prose, and is none: rows of it that have a partner there within a
# third of a line. By chance half of them do; in a table, nearly all.
_ROWS_MATCH: Final = 0.33
_MOST_MATCHES: Final = 0.7
# It has so many letters a row, or it may be a table's column of marks.
_SIDEBAR_LETTERS: Final = 5
# Left edges closer than this, in line heights, are one edge.
_SAME_EDGE: Final = 0.4
# At the edge of a column so many boxes begin. More edges than that has no page; a chart may.
_EDGE_BOXES: Final = 3
_MOST_EDGES: Final = 24
_NO_LETTERS: Final = b"0123456789 .,:;-+*/$%()[]#='\"|"


class _Band(NamedTuple):
    """boxes[first:last], none of which reaches over the gutter."""

    first: int
    last: int
    gutter: float  # px, the middle of it


def in_columns(boxes: Sequence[Box]) -> list[list[Box]]:
    """The boxes (sorted from the top) in parts that are to be read one after the other."""
    ordered: list[list[Box]] = []
    waiting = [list(boxes)]
    while waiting:
        part = waiting.pop()
        pieces = _cut(part)
        if pieces is None:
            ordered += [part] if part else []
        else:
            # Above, left column, right column, below; the last pushed comes next.
            waiting.extend(reversed(pieces))
    return ordered


def _cut(boxes: list[Box]) -> tuple[list[Box], ...] | None:
    """(above, left, right, below) at the gutter that has the most boxes beside it, or None."""
    if len(boxes) < 2 * _COLUMN_ROWS:
        return None
    line = median(box.height for box in boxes)
    bands = [
        band
        for gutter in _gutters(boxes, line)
        for band in _bands(boxes, gutter, _REACH_HEIGHTS * line)
    ]
    bands.sort(key=lambda band: (band.first - band.last, band.first, band.gutter))
    for first, last, gutter in bands:
        left, right = _sides(boxes[first:last], gutter)
        if _are_apart(left, right, _GUTTER_HEIGHTS * line) and _are_columns(left, right):
            leading = _leading(boxes, first, last, gutter)
            end = last - leading
            left, right = _sides(boxes[first:end], gutter)
            return boxes[:first], left, right, boxes[end:]
    return None


def _is_left(box: Box, gutter: float) -> bool:
    return box.left + box.right <= 2 * gutter


def _sides(boxes: list[Box], gutter: float) -> tuple[list[Box], list[Box]]:
    left = [box for box in boxes if _is_left(box, gutter)]
    return left, [box for box in boxes if not _is_left(box, gutter)]


def _are_apart(left: list[Box], right: list[Box], distance: float) -> bool:
    """Whether three in four of each side keep that distance from three in four of the other."""
    if not left or not right:
        return False
    ends = sorted(box.right for box in left)
    begins = sorted(box.left for box in right)
    return begins[len(begins) // 4] - ends[(3 * len(ends)) // 4] >= distance


def _leading(boxes: list[Box], first: int, last: int, gutter: float) -> int:
    """How many of the last boxes of the band belong to what is below the columns: a heading of it
    that is short enough to stand on one side. It is nearer to that than to its column."""
    if last == len(boxes):
        return 0
    heading = boxes[last - 1]
    on_left = _is_left(heading, gutter)
    above = max((box.middle for box in boxes[first : last - 1]), default=heading.top)
    beside = any(_is_left(box, gutter) != on_left for box in boxes[last - 4 : last - 1])
    alone = heading.middle - above > 1.25 * (boxes[last].middle - heading.middle)
    return 1 if beside and alone else 0


def _gutters(boxes: list[Box], line: float) -> list[float]:
    """Where a gutter may be: left of an edge at which several boxes begin."""
    edges: list[tuple[int, float]] = []  # (how many begin there, px)
    begin_here: list[float] = []
    for left in [*sorted(box.left for box in boxes), float("inf")]:
        if begin_here and left - begin_here[-1] > _SAME_EDGE * line:
            # Not the first of them: it may be a page's number that stands in the gutter.
            edges.append((len(begin_here), begin_here[len(begin_here) // 4]))
            begin_here = []
        begin_here.append(left)
    likely = sorted((edge for edge in edges if edge[0] >= _EDGE_BOXES), reverse=True)
    return [edge - _GUTTER_HEIGHTS / 2 * line for _, edge in likely[:_MOST_EDGES]]


def _bands(boxes: list[Box], gutter: float, reach: float) -> list[_Band]:
    bands: list[_Band] = []
    low, high = gutter - reach, gutter + reach
    first = 0
    for index, box in enumerate(boxes):
        if box.left < low and box.right > high:
            # What stands beside it belongs to its row, not to the columns.
            beside = 0.5 * box.height
            last = index
            while last > first and box.middle - boxes[last - 1].middle < beside:
                last -= 1
            if last - first >= 2 * _COLUMN_ROWS:
                bands.append(_Band(first, last, gutter))
            first = index + 1
            while first < len(boxes) and boxes[first].middle - box.middle < beside:
                first += 1
    if len(boxes) - first >= 2 * _COLUMN_ROWS:
        bands.append(_Band(first, len(boxes), gutter))
    return bands


def _are_columns(left: list[Box], right: list[Box]) -> bool:
    if len(left) < _COLUMN_ROWS or len(right) < _COLUMN_ROWS:
        return False
    left_rows, right_rows = rows_of(left), rows_of(right)
    left_is_prose, right_is_prose = _is_prose(left_rows), _is_prose(right_rows)
    if left_is_prose and right_is_prose:
        return True
    if left_is_prose:
        return _is_sidebar(right_rows, beside=left_rows)
    return right_is_prose and _is_sidebar(left_rows, beside=right_rows)


def _is_prose(rows: list[BoxRow]) -> bool:
    if len(rows) < _COLUMN_ROWS:
        return False
    begin = min(row[0].left for row in rows)
    wide = _COLUMN_FILL * (max(row[-1].right for row in rows) - begin)
    lines = sum(
        row[-1].right - row[0].left >= wide and _letters([row]) >= _COLUMN_LETTERS for row in rows
    )
    steady = sum(
        abs(below[0].left - above[0].left) < below[0].height for above, below in pairwise(rows)
    )
    return lines >= max(_COLUMN_ROWS, _COLUMN_LINES * len(rows)) and steady >= _COLUMN_STEADY * (
        len(rows) - 1
    )


def _is_sidebar(rows: list[BoxRow], *, beside: list[BoxRow]) -> bool:
    if len(rows) < _COLUMN_ROWS or _letters(rows) < _SIDEBAR_LETTERS * len(rows):
        return False
    middles = [row[0].middle for row in beside]
    matches = at = 0
    for row in rows:
        near = _ROWS_MATCH * row[0].height
        while at < len(middles) and middles[at] < row[0].middle - near:
            at += 1
        matches += at < len(middles) and middles[at] <= row[0].middle + near
    return matches < _MOST_MATCHES * len(rows)


def _letters(rows: list[BoxRow]) -> int:
    # Bytes, since they are counted ten times as quickly; all other letters become question marks.
    return sum(
        len(box.text.encode("ascii", "replace").translate(None, _NO_LETTERS))
        for row in rows
        for box in row
    )
