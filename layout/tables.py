"""Tables: rows whose pieces stand in columns. Found by alignment; rules are not seen."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from layout.cells import Cell, cells_of
from layout.list_markers import is_only_a_marker
from layout.rows import BoxRow
from layout.table_columns import Column, GrowingTable

# So many rows with pieces side by side make a table; two may be chance, and so may three of two
# columns without a number.
_TABLE_ROWS: Final = 3
# So many of the cells that there could be are there, ...
_FILLED: Final = 0.5
# ... and so many of a column's cells are aligned: at their left, right or middle, to within ...
_ALIGNED: Final = 0.6
_SAME_EDGE: Final = 0.7  # ... line heights
# Rows with one piece between those with more: sub-headings, second lines of cells.
_ROWS_BETWEEN: Final = 6
_SPANNING_ROWS: Final = 1  # those that go over several columns, or stand in none
# A gap of so many line heights ends a table.
_FAR_HEIGHTS: Final = 5.0
# Lines of one cell are no further apart than this.
_SECOND_LINE_HEIGHTS: Final = 1.6
_NUMBER: Final = re.compile(
    r"^[-+\u2212(]?\s*[$€£¥]?\s*[-+\u2212]?[\d.,' ]*\d[\d.,]*\s*[%)A-Z€]{0,3}$"
)
_AMOUNT: Final = re.compile(r"\d[.,]\d")


class Table(NamedTuple):
    """`rows`: of one text a column. `first`, `last`: which rows of the block, as a range."""

    first: int
    last: int
    rows: list[list[str]]
    numeric: list[bool]  # by column


def tables_of(rows: Sequence[BoxRow]) -> list[Table]:
    """The tables of a block, from the top."""
    if len(rows) < _TABLE_ROWS:
        return []
    cells = [cells_of(row) for row in rows]
    tables: list[Table] = []
    at = end = 0
    while at < len(rows):
        if len(cells[at]) < 2:
            at += 1
            continue
        grown = _grown(at, rows, cells)
        table = _table(grown, rows, cells, after=end)
        if table is None:
            # Many rows that are no table will hardly be one without the first of them.
            at += 1 + len(grown.full_rows) // 4
        else:
            tables.append(table)
            at = end = table.last
    return tables


def _grown(first: int, rows: Sequence[BoxRow], cells: list[list[Cell]]) -> GrowingTable:
    """As many rows from `first` on as have the same columns. What had to be made one to fit, is one
    in `cells` then."""
    growing = GrowingTable(first)
    last_full, spanning = first, 0
    for index in range(first, len(rows)):
        height = rows[index][0].height
        if index > first and _distance(rows, index) > _FAR_HEIGHTS * height:
            break
        if len(cells[index]) < 2:
            spanning += len(growing.touched_by(cells[index][0])) != 1
            if spanning > _SPANNING_ROWS or index - last_full > _ROWS_BETWEEN:
                break
            continue
        for candidate in growing.readings(cells[index], height):
            if growing.take(index, candidate, height):
                cells[index] = candidate
                break
        else:
            break
        last_full, spanning = index, 0
    return growing


def _distance(rows: Sequence[BoxRow], index: int) -> float:
    return rows[index][0].middle - rows[index - 1][0].middle


def _table(
    growing: GrowingTable, rows: Sequence[BoxRow], cells: list[list[Cell]], *, after: int
) -> Table | None:
    full = growing.full_rows
    if len(full) < _TABLE_ROWS:
        return None
    columns = sorted(growing.columns)
    possible = len(columns) * len(full)
    if sum(len(column[2]) for column in columns) < _FILLED * possible:
        return None
    slack = _SAME_EDGE * min(rows[index][0].height for index in full)
    if not all(_is_aligned(column, cells, slack) for column in columns if len(column[2]) > 1):
        return None
    # A numbered list whose numbers were found as lines of their own is none.
    if all(is_only_a_marker(cells[index][0].text) for index in full):
        return None
    first, last = _with_second_lines(growing, columns, rows, cells, after=after)
    if (
        len(columns) == 2
        and len(full) <= _TABLE_ROWS
        and not any(_is_number(cells[index][-1].text) for index in full)
    ):
        return None
    texts = [_texts(cells[index], columns) for index in range(first, last)]
    return Table(
        first=first,
        last=last,
        rows=texts,
        numeric=[_is_numeric([row[n] for row in texts[1:]]) for n in range(len(columns))],
    )


def _with_second_lines(
    growing: GrowingTable,
    columns: list[Column],
    rows: Sequence[BoxRow],
    cells: list[list[Cell]],
    *,
    after: int,
) -> tuple[int, int]:
    """The table's rows as a range, with those above and below that have a piece in one of its
    columns only: lines of a cell that has several. Not in the first column, where titles stand."""
    first, last = growing.first, growing.full_rows[-1] + 1
    inner = columns[1:]

    def is_second_line(index: int, near: int) -> bool:
        if len(cells[index]) != 1:
            return False
        cell, *_ = cells[index]
        distance = abs(rows[index][0].middle - rows[near][0].middle)
        return (
            distance < _SECOND_LINE_HEIGHTS * rows[index][0].height
            and len(growing.touched_by(cell)) == 1
            and any(each[0] < cell.right and each[1] > cell.left for each in inner)
        )

    while first > after and is_second_line(first - 1, first):
        first -= 1
    while last < len(rows) and is_second_line(last, last - 1):
        last += 1
    return first, last


def _is_aligned(column: Column, cells: list[list[Cell]], slack: float) -> bool:
    own = [
        cell
        for index in column[2]
        for cell in cells[index]
        if cell.left < column[1] and cell.right > column[0]
    ]
    edges = (
        sorted(cell.left for cell in own),
        sorted(cell.right for cell in own),
        sorted((cell.left + cell.right) / 2 for cell in own),
    )
    return max(_most_together(each, 2 * slack) for each in edges) >= _ALIGNED * len(own)


def _most_together(edges: list[float], slack: float) -> int:
    """How many of the sorted edges are within `slack` of each other."""
    most = start = 0
    for end, edge in enumerate(edges):
        while edge - edges[start] > slack:
            start += 1
        most = max(most, end - start + 1)
    return most


def _texts(cells: list[Cell], columns: list[Column]) -> list[str]:
    """One text a column. What spans several stands in the first of them."""
    texts = [""] * len(columns)
    for cell in cells:
        here = next((n for n, (_, right, _) in enumerate(columns) if cell.left < right), -1)
        texts[here] = f"{texts[here]} {cell.text}".strip()
    return texts


def _is_numeric(texts: list[str]) -> bool:
    told = [text for text in texts if text]
    return bool(told) and 2 * sum(map(_is_number, told)) > len(told)


def _is_number(text: str) -> bool:
    return _NUMBER.match(text) is not None


def has_header(table: Table) -> bool:
    """Whether the first row names the columns: above numbers stands none."""
    first, *_ = table.rows
    told = [n for n, text in enumerate(first) if text]
    above_numbers = [first[n] for n in told if table.numeric[n]]
    if len(told) < 2 or any(_is_number(text) or _AMOUNT.search(text) for text in above_numbers):
        return False
    return any(table.numeric) or len(first) > 2
