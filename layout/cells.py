"""The pieces of a row that stand apart: what can be cells of a table."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from contracts.pages import Word
from layout.boxes import Box
from layout.rows import BoxRow

# Pieces nearer to each other than this, in line heights, may be one; ...
_ONE_PIECE: Final = 0.5
# ... words of one line further apart than this are two: justified text stretches its spaces less.
_TWO_PIECES: Final = 1.5
_CURRENCY: Final = frozenset("$€£¥₹₩₽₺")


class Cell(NamedTuple):
    """px, in the frame of the boxes."""

    text: str
    left: float
    right: float


def cells_of(row: BoxRow) -> list[Cell]:
    """The pieces of a row, from the left; their texts, joined, are that of the row."""
    cells: list[Cell] = []
    for piece in (piece for box in row for piece in _pieces(box)):
        if cells and cells[-1].text in _CURRENCY:
            cells[-1] = joined_cells(cells[-1], piece)
        else:
            cells.append(piece)
    return cells


def merged(cells: Sequence[Cell], height: float) -> list[Cell]:
    """With those as one that are no further apart than words; `height`: of the row, px."""
    told: list[Cell] = []
    for cell in cells:
        if told and cell.left - told[-1].right < _ONE_PIECE * height:
            told[-1] = joined_cells(told[-1], cell)
        else:
            told.append(cell)
    return told


def joined_cells(left: Cell, right: Cell) -> Cell:
    """Two of a row as one."""
    return Cell(f"{left.text} {right.text}".strip(), left.left, max(left.right, right.right))


def _pieces(box: Box) -> list[Cell]:
    words = box.line.words
    if len(words) < 2:
        return [Cell(box.text, box.left, box.right)]
    texts = [word.text for word in words]
    if " ".join(texts) != box.text:
        texts = [" ".join(text.split()) for text in texts]
        if " ".join(texts) != box.text:
            return [Cell(box.text, box.left, box.right)]
    spans = _spans(box, words)
    apart = _TWO_PIECES * box.height
    begins = [0, *(n for n in range(1, len(spans)) if spans[n][0] - spans[n - 1][1] > apart)]
    return [
        Cell(" ".join(texts[first:last]), spans[first][0], spans[last - 1][1])
        for first, last in pairwise([*begins, len(spans)])
    ]


def _spans(box: Box, words: Sequence[Word]) -> list[tuple[float, float]]:
    """(left, right) of each word in the frame of the box, px."""
    # Along the line, as shares of it: so it does not matter which way the page is turned.
    (ax, ay), (bx, by), *_ = box.line.polygon
    dx, dy = bx - ax, by - ay
    along = dx * dx + dy * dy or 1.0
    shares = [
        (((x - ax) * dx + (y - ay) * dy) / along, ((u - ax) * dx + (v - ay) * dy) / along)
        for (x, y), (u, v), _, _ in [word.polygon for word in words]
    ]
    if shares[0][0] > shares[-1][0]:
        # Written leftwards, and the frame is mirrored.
        shares = [(1 - right, 1 - left) for left, right in shares]
    width = box.right - box.left
    return [(box.left + left * width, box.left + right * width) for left, right in shares]
