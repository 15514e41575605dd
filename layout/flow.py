"""Running text from rows: headings, paragraphs, items of lists."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from layout.breaks import Between, between, is_full
from layout.headings import are_of_one, heading_levels, is_larger_print
from layout.hyphens import joined
from layout.list_evidence import markers_in
from layout.list_markers import Marker
from layout.printed_rows import PrintedRow
from layout.text_column import TextColumn

# What belongs to an item stands in by so much, in line heights, ...
_HANGS: Final = 0.3
# ... and what stands out by so much belongs to none.
_OUTDENT: Final = 0.5


class Element(NamedTuple):
    """`level`: 1 to 6 of a heading, `size`: of its print, px; 0 of what is none. `marker`: of an
    item of a list, `depth`: how deep it is nested. In `text`, a line break is one that the page has
    for its own sake. `rows`: of how many it was made."""

    text: str
    level: int = 0
    size: float = 0.0
    marker: Marker | None = None
    depth: int = 0
    rows: int = 1


def elements_of(rows: Sequence[PrintedRow], column: TextColumn) -> list[Element]:
    """The headings, paragraphs and items of these rows."""
    markers = markers_in(rows)
    levels = heading_levels(rows, body=column.body, pitch=column.pitch, right=column.right)
    elements: list[Element] = []
    edges: list[float] = []  # left edges of the items in which we are
    for n, row in enumerate(rows):
        marker = None if levels[n] else markers[n]
        if marker is not None:
            edges = [edge for edge in edges if edge < row.left - _OUTDENT * row.height]
            elements.append(Element(marker.rest, marker=marker, depth=len(edges)))
            edges.append(row.left)
            continue
        way = _way(rows, n, levels, column)
        if edges and way != "paragraph":
            indent = (row.left - edges[-1]) / row.height
            full = indent > -_OUTDENT and is_full(rows[n - 1], row, column)
            way = "join" if full or indent > _HANGS else "paragraph"
        if way == "paragraph":
            edges = []
            elements.append(Element(row.text, level=levels[n], size=row.size))
        else:
            last = elements[-1]
            text = _together(last.text, row.text, way, column)
            elements[-1] = last._replace(text=text, rows=last.rows + 1)
    return elements


def paragraphs_of(rows: Sequence[PrintedRow], column: TextColumn) -> list[str]:
    """Of rows that are neither headings nor lists."""
    levels = [0] * len(rows)
    texts: list[str] = []
    for n, row in enumerate(rows):
        way = _way(rows, n, levels, column)
        if way == "paragraph":
            texts.append(row.text)
        else:
            texts[-1] = _together(texts[-1], row.text, way, column)
    return texts


def joined_up(above: str, below: str, column: TextColumn) -> str:
    """See hyphens.joined. `above` may be long: only its last word is looked at."""
    head, separator, tail = above.rpartition(" ")
    return head + separator + joined(tail, below, column.vocabulary)


def _together(above: str, below: str, way: Between, column: TextColumn) -> str:
    return f"{above}\n{below}" if way == "break" else joined_up(above, below, column)


def _way(rows: Sequence[PrintedRow], n: int, levels: Sequence[int], column: TextColumn) -> Between:
    """From row n - 1 to row n."""
    if n == 0:
        return "paragraph"
    above, row = rows[n - 1], rows[n]
    if levels[n] or levels[n - 1]:
        one = levels[n] == levels[n - 1] and are_of_one(above, row)
        return "join" if one and is_larger_print(row, column.body) else "paragraph"
    return between(rows[n - 2] if n > 1 else None, above, row, column)
