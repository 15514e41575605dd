"""A page's text and Markdown from its lines."""

from collections.abc import Sequence
from typing import NamedTuple

from contracts.job_options import RunningHeads
from contracts.pages import Line
from layout.markdown import markdown_of_page
from layout.reading_order import Block, Row, arranged


class PageText(NamedTuple):
    """`lines`: every line of the page once, in reading order, running heads too."""

    lines: tuple[Line, ...]
    text: str
    markdown: str


def compose(
    lines: Sequence[Line],
    *,
    width_px: float,
    height_px: float,
    running_heads: RunningHeads = "keep",
) -> PageText:
    """What people read, from the lines of a page of this size, in any order. `running_heads`: page
    headers, footers and page numbers are kept where they stand, or left out of text and Markdown.
    """
    page = arranged(lines, width_px=width_px, height_px=height_px)
    ordered = tuple(box.line for block in page.blocks for row in block for box in row)
    if running_heads == "drop":
        page = page._replace(header=(), footer=())
    rows = [" ".join(box.text for box in row) for block in page.blocks for row in block]
    return PageText(lines=ordered, text="\n".join(rows), markdown=markdown_of_page(page))


def text_of(blocks: tuple[Block, ...]) -> str:
    """One line of text a row, no blank lines: what stands side by side is joined by a space."""
    return "\n".join(_text(row) for block in blocks for row in block)


def _text(row: Row) -> str:
    # A line break inside a line of text would break the promise of one line a row.
    return " ".join(" ".join(line.text.split()) for line in row)
