"""What a page has between two rows of text: nothing, a line break of its own, a paragraph."""

import re
from typing import Final, Literal

from layout.hyphens import HYPHENS
from layout.printed_rows import PrintedRow
from layout.text_column import TextColumn

Between = Literal["join", "break", "paragraph"]

# Rows further apart than this, in pitches of their column, are of two paragraphs.
_PARAGRAPH_PITCHES: Final = 1.3
# Further apart than the two rows before them by this: a column may have several pitches.
_WIDER: Final = 1.4
# A first line that stands in by this much, in line heights, begins a paragraph.
_INDENT: Final = (0.7, 6.0)
# Print of such different sizes is of two paragraphs.
_OTHER_SIZE: Final = 1.3
# Of a column's width; lines of ragged text are wider than this, most of them.
_WIDE: Final = 0.75
# How a sentence, or an introduction to what follows, ends.
ENDS_SENTENCE: Final = tuple('.!?:;»”")\u3002\uff01\uff1f\u061f')
# Captions begin a paragraph wherever they stand.
_CAPTION: Final = re.compile(
    r"^(?:fig(?:ure|\.)|table|tab\.|abb(?:ildung|\.)|tabelle)\s*\d{1,3}\s*[:.|\u2013\u2014]",
    re.IGNORECASE,
)


def between(
    before: PrintedRow | None, above: PrintedRow, row: PrintedRow, column: TextColumn
) -> Between:
    """What is between `above` and `row`, neither of them a heading; `before`: the row before."""
    if _is_far(before, above, row, column) or _CAPTION.match(row.text):
        return "paragraph"
    low, high = (share * row.height for share in _INDENT)
    indented = low < row.left - above.left < high
    ends = above.text.endswith(ENDS_SENTENCE)
    if column.is_prose and is_full(above, row, column):
        return "paragraph" if indented and ends else "join"
    if row.text[0].islower() and not ends:
        return "join"
    if indented or not 1 / _OTHER_SIZE < row.size / above.size < _OTHER_SIZE:
        return "paragraph"
    return _between_short(above, row, column, ends=ends)


def is_full(above: PrintedRow, row: PrintedRow, column: TextColumn) -> bool:
    """Whether the row above was broken for want of room: the next word did not fit in."""
    if above.text[-1] in HYPHENS:
        return True
    if max(above.pieces, row.pieces) > 2:
        return False
    if _is_centred(above, column) and _is_centred(row, column):
        return False
    first = row.text.split(" ", 1)[0]
    letter = (row.right - row.left) / len(row.text)
    return column.right - above.right < (len(first) + 1) * letter + 0.5 * row.height


def _is_far(
    before: PrintedRow | None, above: PrintedRow, row: PrintedRow, column: TextColumn
) -> bool:
    distance = row.middle - above.middle
    if distance > _PARAGRAPH_PITCHES * column.pitch:
        return True
    if before is None:
        return False
    usual = above.middle - before.middle
    return distance > _WIDER * usual and usual > above.height / _WIDER


def _between_short(
    above: PrintedRow, row: PrintedRow, column: TextColumn, *, ends: bool
) -> Between:
    """Above a row that would have had room for a word in the row above."""
    if not (column.is_prose and _is_wide(row, column)):
        return "break"
    # The last line of a paragraph, or a ragged one; those of an address are short all of them.
    if _is_wide(above, column):
        return "join"
    return "paragraph" if ends else "break"


def _is_centred(row: PrintedRow, column: TextColumn) -> bool:
    before, behind = row.left - column.left, column.right - row.right
    return before > 2 * row.height and abs(before - behind) < 2 * row.height


def _is_wide(row: PrintedRow, column: TextColumn) -> bool:
    return row.right - row.left > _WIDE * (column.right - column.left)
