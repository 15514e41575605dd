"""A page from its lines alone, wherever they come from: in order, as text and as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.pages import Line
from layout.page_text import markdown_of, text_of
from layout.reading_order import in_reading_order


@dataclass(frozen=True, kw_only=True)
class PageOfLines:
    """`lines` in reading order; `confidence`: their mean, weighted by characters, 0 without any."""

    lines: tuple[Line, ...]
    text: str
    markdown: str
    confidence: float


def page_of(lines: Sequence[Line]) -> PageOfLines:
    """The same for any order of `lines`."""
    blocks = in_reading_order(lines)
    chars = sum(len(line.text) for line in lines)
    return PageOfLines(
        lines=tuple(line for block in blocks for row in block for line in row),
        text=text_of(blocks),
        markdown=markdown_of(blocks),
        confidence=sum(line.confidence * len(line.text) for line in lines) / chars
        if chars
        else 0.0,
    )
