"""A page's Markdown: CommonMark, with tables as on GitHub."""

from collections.abc import Iterable
from typing import Final

from layout import escaping
from layout.breaks import ENDS_SENTENCE
from layout.flow import Element, elements_of, joined_up, paragraphs_of
from layout.headings import levels_of
from layout.list_markers import Marker
from layout.printed_rows import PrintedRow, printed
from layout.reading_order import Arranged, BoxBlock
from layout.tables import Table, has_header, tables_of
from layout.text_column import TextColumn, column_of, whole_page

Part = Element | Table
Piece = tuple[str, bool]  # Markdown, and whether it is an item of a list

# Enough to stand within any item above: `10. ` is as wide.
_NESTED: Final = "    "


def markdown_of_page(page: Arranged) -> str:
    """Paragraphs, headings, lists and tables, a blank line between them. Page headers and footers
    are paragraphs of their own, in italics."""
    blocks = [[printed(row) for row in block] for block in page.body]
    column = whole_page(_with_text(row for block in blocks for row in block))
    parts: list[Part] = []
    for block, told in zip(page.body, blocks, strict=True):
        parts += _goes_on(parts, _block(block, told, column), column)
    pieces = [
        *_running_heads(page.header, column),
        *map(_piece, _in_levels(parts, column)),
        *_running_heads(page.footer, column),
    ]
    return _with_blank_lines(pieces)


def _running_heads(blocks: tuple[BoxBlock, ...], page: TextColumn) -> list[Piece]:
    texts = [
        text
        for block in blocks
        for rows in [_with_text(map(printed, block))]
        for text in paragraphs_of(rows, column_of(rows, page))
    ]
    return [(f"*{escaping.paragraph(text, in_emphasis=True)}*", False) for text in texts]


def _with_text(rows: Iterable[PrintedRow]) -> list[PrintedRow]:
    return [row for row in rows if row.text]


def _block(block: BoxBlock, told: list[PrintedRow], page: TextColumn) -> list[Part]:
    parts: list[Part] = []
    column = column_of(_with_text(told), page)
    at = 0
    for table in tables_of(block):
        parts += elements_of(_with_text(told[at : table.first]), column)
        parts.append(table)
        at = table.last
    return parts + elements_of(_with_text(told[at:]), column)


def _in_levels(parts: list[Part], column: TextColumn) -> list[Part]:
    """With headings of one size in one level."""
    sizes = [part.size for part in parts if isinstance(part, Element) and part.level]
    levels = iter(levels_of(sizes, body=column.body))
    return [
        part._replace(level=next(levels)) if isinstance(part, Element) and part.level else part
        for part in parts
    ]


def _goes_on(before: list[Part], parts: list[Part], column: TextColumn) -> list[Part]:
    """`parts`, without the first where it ends a paragraph that the column before began."""
    if not (before and parts):
        return parts
    last, first = before[-1], parts[0]
    if isinstance(last, Table) or isinstance(first, Table):
        return parts
    if last.level or first.level or first.marker or not first.text[0].islower():
        return parts
    if last.text.endswith(ENDS_SENTENCE):
        return parts
    before[-1] = last._replace(text=joined_up(last.text, first.text, column))
    return parts[1:]


def _piece(part: Part) -> Piece:
    return (_table(part), False) if isinstance(part, Table) else _element(part)


def _element(element: Element) -> Piece:
    if element.level:
        return f"{'#' * element.level} {escaping.heading(element.text)}", False
    text = escaping.paragraph(element.text)
    if element.marker is None:
        return text, False
    return f"{_NESTED * element.depth}{_sign(element.marker)} {text}", True


def _sign(marker: Marker) -> str:
    if marker.kind == "number" and not marker.style.startswith("("):
        return marker.told
    if marker.kind in ("bullet", "dash"):
        return "-"
    # Markdown has no such lists: what was printed is told in the item.
    return f"- {marker.told}"


def _table(table: Table) -> str:
    rows = table.rows if has_header(table) else [[""] * len(table.rows[0]), *table.rows]
    told = ["| " + " | ".join(escaping.cell(text) for text in row) + " |" for row in rows]
    rule = "| " + " | ".join("---:" if each else "---" for each in table.numeric) + " |"
    return "\n".join([told[0], rule, *told[1:]])


def _with_blank_lines(pieces: list[Piece]) -> str:
    """Items of one list follow each other without one."""
    out: list[str] = []
    was_item = False
    for text, is_item in pieces:
        if out:
            out.append("\n" if was_item and is_item else "\n\n")
        out.append(text)
        was_item = is_item
    return "".join(out)
