"""Which boxes stand side by side."""

from collections.abc import Sequence
from typing import Final

from layout.boxes import Box

BoxRow = tuple[Box, ...]  # side by side, from the left
# Middles of one row differ by less than this share of the lower box's height.
_SAME_ROW: Final = 0.5
# Boxes that share more than this of the narrower one's width stand above each other.
_ABOVE: Final = 0.5


def rows_of(boxes: Sequence[Box]) -> list[BoxRow]:
    """Rows from the top down; `boxes` come sorted by their middles."""
    rows: list[list[Box]] = []
    for box in boxes:
        # Not only the last: what stands half a line higher may have come between.
        for row in rows[-1:-3:-1]:
            if _belongs(box, row):
                row.append(box)
                break
        else:
            rows.append([box])
    return [tuple(sorted(row, key=_from_the_left)) if len(row) > 1 else tuple(row) for row in rows]


def _belongs(box: Box, row: list[Box]) -> bool:
    if box.middle - row[-1].middle >= _SAME_ROW * box.height:
        return False  # most of them; the others of the row are higher still
    near = row[0]
    distance = _gap(box, near)
    for other in row[1:]:
        # On a photo of curved paper, the neighbour tells where the row goes.
        if (gap := _gap(box, other)) < distance:
            near, distance = other, gap
    if abs(box.middle - near.middle) >= _SAME_ROW * min(box.height, near.height):
        return False
    return -distance <= _ABOVE * min(box.right - box.left, near.right - near.left)


def _gap(one: Box, other: Box) -> float:
    """px between them from side to side; below 0: by how much they overlap."""
    return max(one.left, other.left) - min(one.right, other.right)


def _from_the_left(box: Box) -> tuple[float, float, str]:
    return box.left, box.right, box.text
