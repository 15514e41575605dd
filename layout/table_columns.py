"""The columns that a table has so far, row by row."""

from collections.abc import Iterator, Sequence
from typing import Final

from layout.cells import Cell, joined_cells, merged

# [left, right] in px, and which rows have a cell here.
Column = tuple[float, float, frozenset[int]]

# Cells of a photographed table may reach so far into a column that is not theirs, in line heights.
_OVERLAP: Final = 0.2
# Pieces of one cell are no further apart than this, in line heights.
_ONE_CELL: Final = 1.5


class GrowingTable:
    """Rows from `first` on: which of them have cells side by side, and the columns of those."""

    def __init__(self, first: int) -> None:
        self.first = first
        self.full_rows: list[int] = []
        self.columns: list[Column] = []

    def take(self, index: int, cells: Sequence[Cell], height: float) -> bool:
        """Whether the row fits: no two of its cells, and no two of an earlier row, are one then.
        `height`: of the row, px."""
        columns, overlap = self.columns, _OVERLAP * height
        for cell in cells:
            apart = []
            left, right, rows = cell.left, cell.right, frozenset((index,))
            for column in columns:
                if column[0] < cell.right - overlap and column[1] > cell.left + overlap:
                    if column[2] & rows:
                        return False
                    left, right = min(left, column[0]), max(right, column[1])
                    rows |= column[2]
                else:
                    apart.append(column)
            columns = [*apart, (left, right, rows)]
        if len(columns) < 2:
            return False
        self.columns = columns
        self.full_rows.append(index)
        return True

    def touched_by(self, cell: Cell) -> list[Column]:
        return [each for each in self.columns if each[0] < cell.right and each[1] > cell.left]

    def readings(self, cells: list[Cell], height: float) -> Iterator[list[Cell]]:
        """The cells of a row as they are, and with some of them made one: because they are near and
        in one of the columns so far, or because they are no further apart than words."""
        yield cells
        columns = [self.touched_by(cell) for cell in cells]
        together: list[Cell] = []
        for n, cell in enumerate(cells):
            near = n > 0 and cell.left - cells[n - 1].right < _ONE_CELL * height
            if near and len(columns[n]) == 1 and columns[n] == columns[n - 1]:
                together[-1] = joined_cells(together[-1], cell)
            else:
                together.append(cell)
        yield together
        yield merged(cells, height)
