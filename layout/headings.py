"""Which rows are headings, and of which level: by the size of their print, and where they stand."""

import re
from collections.abc import Sequence
from typing import Final

from layout.printed_rows import PrintedRow

# So much larger than the page's text: `#`, `##`, `###`.
_LEVELS: Final = ((1.53, 1), (1.35, 2), (1.17, 3))
# Rows of one heading are nearer than this, in heights, and of one size.
_NEAR: Final = 1.8
_SAME_SIZE: Final = 1.3
_ONE_LEVEL: Final = 1.05
# Larger print of more rows than this is text. So is what has text of its own size next to it.
_MOST_ROWS: Final = 4
_AS_LARGE: Final = 0.87
# A row in the size of the text is a heading if it keeps away from what is above it by so many
# pitches, is nearer to what is below, and looks like one: capitals, a section's number, spelling as
# of titles, or bold, which is a little wider.
_APART: Final = 1.25
_BOLD: Final = 1.04
_SECTION: Final = re.compile(r"^(?:\d{1,2}(?:\.\d{1,2}){1,3}\.?|[IVX]{1,5}\.)\s+[^\W\d_]")
_WORD: Final = re.compile(r"[^\W\d_]{3}")
# Of a title in English all words but articles and the like begin with a capital.
_TITLE_WORD: Final = re.compile(r"[^\W\d_]{4,}")
_FEWEST_TITLE_WORDS: Final = 3
_FEWEST_LETTERS: Final = 4
_LONGEST: Final = 150
_LONGEST_SMALL: Final = 70
_NO_HEADING_ENDS: Final = (".", ",", ";", ":", "-")


def heading_levels(
    rows: Sequence[PrintedRow], *, body: float, pitch: float, right: float
) -> list[int]:
    """1 to 3 for each row; 0: it is no heading. Rows of one heading follow each other and have one
    level. `body`: the size of the page's text, `pitch`: the usual distance of rows, `right`: where
    the column ends; px."""
    levels = [_level_by_size(row, body) for row in rows]
    for first, last in _groups(rows, levels):
        level = min(levels[first:last])
        led = first > 0 and levels[first - 1] > 0  # by a heading in larger print
        if last - first > _MOST_ROWS or not _stands_out(rows, first, last, led=led):
            level = 0
        if level == 3 and not _stands_apart(rows, first, pitch, right):
            level = 0
        levels[first:last] = [level] * (last - first)
    for index in reversed(range(len(rows))):
        row = rows[index]
        leads = (
            levels[index] == 0 and _looks_like_one(row, body) and _leads(rows, index, pitch, levels)
        )
        if leads and _stands_apart(rows, index, pitch, right):
            levels[index] = 3
    return levels


def levels_of(sizes: Sequence[float], *, body: float) -> list[int]:
    """The level of each of a page's headings: those in nearly one size have one level."""
    levels = [0] * len(sizes)
    group: list[int] = []
    for index in sorted(range(len(sizes)), key=lambda index: sizes[index]):
        if group and sizes[index] > _ONE_LEVEL * sizes[group[0]]:
            group = []
        group.append(index)
        mean = sum(sizes[each] for each in group) / len(group)
        level = next((level for ratio, level in _LEVELS if mean >= ratio * body), 3)
        for each in group:
            levels[each] = level
    return levels


def is_larger_print(row: PrintedRow, body: float) -> bool:
    """Whether it is a heading by its size; others are one row each, since they stand apart."""
    return row.size >= _LEVELS[-1][0] * body


def _level_by_size(row: PrintedRow, body: float) -> int:
    if not is_larger_print(row, body) or not _can_be_one(row):
        return 0
    return next(level for ratio, level in _LEVELS if row.size >= ratio * body)


def _can_be_one(row: PrintedRow) -> bool:
    letters = sum(map(str.isalpha, row.text))
    return (
        row.pieces == 1
        and letters >= _FEWEST_LETTERS
        and 2 * letters >= len(row.text) - row.text.count(" ")
        and len(row.text) <= _LONGEST
        and _WORD.search(row.text) is not None
    )


def _groups(rows: Sequence[PrintedRow], levels: Sequence[int]) -> list[tuple[int, int]]:
    """Rows of one heading, as ranges."""
    groups: list[tuple[int, int]] = []
    for index, level in enumerate(levels):
        if not level:
            continue
        if groups and groups[-1][1] == index and are_of_one(rows[index - 1], rows[index]):
            groups[-1] = groups[-1][0], index + 1
        else:
            groups.append((index, index + 1))
    return groups


def are_of_one(above: PrintedRow, below: PrintedRow) -> bool:
    """Whether two rows that are headings are one of two lines."""
    return _are_near(above, below) and (1 / _SAME_SIZE < below.size / above.size < _SAME_SIZE)


def _are_near(above: PrintedRow, below: PrintedRow) -> bool:
    return below.middle - above.middle < _NEAR * max(above.height, below.height)


def _stands_out(rows: Sequence[PrintedRow], first: int, last: int, *, led: bool) -> bool:
    """Whether what is next to it is printed smaller, or far."""
    size = min(row.size for row in rows[first:last])
    large = _AS_LARGE * size
    above = rows[first - 1] if first and not led else None
    if above and above.size > large and _are_near(above, rows[first]):
        return False
    if last == len(rows) or not _are_near(rows[last - 1], rows[last]):
        return True
    return rows[last].size <= large


def _stands_apart(rows: Sequence[PrintedRow], index: int, pitch: float, right: float) -> bool:
    row = rows[index]
    if row.text.endswith(_NO_HEADING_ENDS):
        return False
    if abs(row.right - right) < row.height and row.left < rows[0].left + row.height:
        return False  # as wide as the column
    return index == 0 or row.middle - rows[index - 1].middle > _APART * pitch


def _leads(rows: Sequence[PrintedRow], index: int, pitch: float, levels: Sequence[int]) -> bool:
    """Whether text follows soon, nearer than what is above, and more of it than there is here; or
    another heading does."""
    if index + 1 >= len(rows):
        return False
    row, below = rows[index], rows[index + 1]
    distance = below.middle - row.middle
    if distance > 2.5 * pitch:
        return False
    if levels[index + 1]:
        return True
    if below.right - below.left < 1.3 * (row.right - row.left):
        return False
    return index == 0 or distance <= 1.1 * (row.middle - rows[index - 1].middle)


def _looks_like_one(row: PrintedRow, body: float) -> bool:
    if len(row.text) > _LONGEST_SMALL or not _can_be_one(row):
        return False
    return (
        row.text.isupper()
        or _SECTION.match(row.text) is not None
        or _is_spelled_as_title(row.text)
        or (row.size > _BOLD * body and not row.text[0].islower())
    )


def _is_spelled_as_title(text: str) -> bool:
    words = _TITLE_WORD.findall(text)
    return len(words) >= _FEWEST_TITLE_WORDS and all(word[0].isupper() for word in words)
