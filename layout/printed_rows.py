"""A row of running text: what the rules of paragraphs look at."""

from itertools import pairwise
from statistics import median
from typing import Final, NamedTuple

from layout.rows import BoxRow
from layout.sizes import size_of

# Pieces further apart than this, in line heights, do not belong to one phrase.
_FAR_HEIGHTS: Final = 1.2
_NUMBER_CHARS: Final = 7


class PrintedRow(NamedTuple):
    """px, in the frame of the boxes. `size`: of the print, see sizes."""

    text: str
    left: float
    right: float
    middle: float
    height: float
    size: float
    pieces: int  # that stand far apart; a section's number does not count


def printed(row: BoxRow) -> PrintedRow:
    """Raises: IndexError for a row without boxes."""
    first = row[0]
    if len(row) == 1:
        return PrintedRow(
            text=first.text,
            left=first.left,
            right=first.right,
            middle=first.middle,
            height=first.height,
            size=size_of(first),
            pieces=1,
        )
    return PrintedRow(
        text=text_of_row(row),
        left=first.left,
        right=max(box.right for box in row),
        middle=median(box.middle for box in row),
        height=median(box.height for box in row),
        # The longest piece tells it best.
        size=size_of(max(row, key=lambda box: (len(box.text), box.right - box.left))),
        pieces=_pieces(row),
    )


def _pieces(row: BoxRow) -> int:
    first, *_ = row
    pieces = 1
    for left, right in pairwise(row):
        is_number = left is first and len(left.text) <= _NUMBER_CHARS
        pieces += right.left - left.right > _FAR_HEIGHTS * left.height and not is_number
    return pieces


def text_of_row(row: BoxRow) -> str:
    """What stands side by side, joined by a space."""
    return row[0].text if len(row) == 1 else " ".join(box.text for box in row if box.text)
