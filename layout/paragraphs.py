"""A page as blocks of paragraphs of lines: the same paragraphs that its Markdown has."""

from collections.abc import Iterator, Sequence

from contracts.pages import Line
from layout.flow import elements_of
from layout.printed_rows import PrintedRow, printed
from layout.reading_order import Arranged, BoxBlock
from layout.rows import BoxRow
from layout.tables import tables_of
from layout.text_column import TextColumn, column_of, whole_page

Paragraph = tuple[Line, ...]  # or a heading, an item of a list, a table
Block = tuple[Paragraph, ...]


def paragraphs_of_page(page: Arranged) -> tuple[Block, ...]:
    """Every line once, in reading order. Where a column goes on with the paragraph of the one
    before, which Markdown joins, that is two."""
    column = whole_page([row for block in page.body for row in map(printed, block) if row.text])
    return tuple(
        tuple(
            tuple(box.line for row in paragraph for box in row)
            for paragraph in _paragraphs(block, column)
        )
        for block in page.blocks
    )


def _paragraphs(block: BoxBlock, page: TextColumn) -> Iterator[Sequence[BoxRow]]:
    column = column_of([row for row in map(printed, block) if row.text], page)
    at = 0
    for table in tables_of(block):
        yield from _of_running_text(block[at : table.first], column)
        yield block[table.first : table.last]
        at = table.last
    yield from _of_running_text(block[at:], column)


def _of_running_text(rows: Sequence[BoxRow], column: TextColumn) -> Iterator[Sequence[BoxRow]]:
    told: list[PrintedRow] = []
    places: list[int] = []  # rows without a text belong to what stands above them
    for place, row in enumerate(map(printed, rows)):
        if row.text:
            told.append(row)
            places.append(place)
    begin, number = 0, 0
    for element in elements_of(told, column):
        number += element.rows
        end = places[number] if number < len(places) else len(rows)
        yield rows[begin:end]
        begin = end
    if begin < len(rows):
        yield rows[begin:]
