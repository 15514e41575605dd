"""What rules need to know of the column in which a row stands."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Final, NamedTuple

from layout.hyphens import vocabulary_of
from layout.printed_rows import PrintedRow
from layout.sizes import usual_size

# Fewer rows than this are titles and the like: where their column ends, the page tells.
_ROWS_OF_A_COLUMN: Final = 3
# A block whose rows are that far apart, in their heights, has a paragraph in each of them.
_WIDEST_PITCH: Final = 2.2
_FEWEST_PITCHES: Final = 3
_WIDEST_OF_FEW: Final = 1.6  # fewer than that tell nothing
# So many rows tell whether lines go on over their ends; then so many begin with a small letter.
_ROWS_TO_JUDGE: Final = 6
_SMALL_BEGINNINGS: Final = 0.1


class TextColumn(NamedTuple):
    """`left`, `right`: where the column begins and ends, `pitch`: the distance of its rows within a
    paragraph, `body`: the size of the page's text; px. `is_prose`: lines go on over their ends, and
    some begin with a small letter then; on receipts, forms and lists of names none does, and each
    line stands for itself. `vocabulary`: see hyphens."""

    left: float
    right: float
    pitch: float
    body: float
    is_prose: bool
    vocabulary: frozenset[str]


def whole_page(rows: Sequence[PrintedRow]) -> TextColumn:
    """The page as one column."""
    small = sum(row.text[0].islower() for row in rows)
    large = sum(row.text[0].isupper() for row in rows)
    right = max((row.right for row in rows), default=0.0)
    return TextColumn(
        left=min((row.left for row in rows), default=0.0),
        right=right,
        pitch=_pitch(rows, right=right),
        body=usual_size((row.size, len(row.text)) for row in rows),
        is_prose=small + large < _ROWS_TO_JUDGE or small >= _SMALL_BEGINNINGS * (small + large),
        vocabulary=vocabulary_of([row.text for row in rows]),
    )


def column_of(rows: Sequence[PrintedRow], page: TextColumn) -> TextColumn:
    """The column that these rows are."""
    if len(rows) < _ROWS_OF_A_COLUMN:
        return page._replace(pitch=_pitch(rows, right=page.right))
    # Not the widest of them: a title may reach beyond its column.
    right = sorted(row.right for row in rows)[-1 - len(rows) // 8]
    left = min(row.left for row in rows)
    return page._replace(left=left, right=right, pitch=_pitch(rows, right=right))


def _pitch(rows: Sequence[PrintedRow], *, right: float) -> float:
    pairs = [(above, below.middle - above.middle) for above, below in pairwise(rows)]
    if not pairs:
        return 0.0
    # Of lines that are full; titles, lists and tables have distances of their own.
    within = [distance for above, distance in pairs if right - above.right < above.height]
    if len(within) < _FEWEST_PITCHES:
        within = [distance for _, distance in pairs]
    widest = _WIDEST_PITCH if len(within) >= _FEWEST_PITCHES else _WIDEST_OF_FEW
    return min(median(within), widest * median(row.height for row in rows))
