"""A page's text and Markdown from its lines in reading order."""

import re
from itertools import pairwise
from statistics import median
from typing import Final

from layout.reading_order import Block, Row

# Rows further apart than this, in pitches of the block, begin a new paragraph.
_PARAGRAPH_PITCHES: Final = 1.45
# Each of them means something somewhere in a line of Markdown.
_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>|~$])")
# These only where a line begins: headings, lists, quotes, rules, numbered lists.
_SPECIAL_AT_START: Final = re.compile(r"^(?:([#+=>-])|(\d{1,9})([.)])(?=\s|$))")


def text_of(blocks: tuple[Block, ...]) -> str:
    """One line of text a row, no blank lines: what stands side by side is joined by a space."""
    return "\n".join(_text(row) for block in blocks for row in block)


def markdown_of(blocks: tuple[Block, ...]) -> str:
    """Paragraphs with a blank line between them; all characters stand for themselves."""
    paragraphs = [paragraph for block in blocks for paragraph in _paragraphs(block)]
    return "\n\n".join(
        "\n".join(_escaped(_text(row)) for row in paragraph) for paragraph in paragraphs
    )


def _text(row: Row) -> str:
    # A line break inside a line of text would break the promise of one line a row.
    return " ".join(" ".join(line.text.split()) for line in row)


def _paragraphs(block: Block) -> list[list[Row]]:
    tops = [min(y for line in row for _, y in line.polygon) for row in block]
    pitches = [below - above for above, below in pairwise(tops)]
    typical = median(pitches) if pitches else 0.0
    paragraphs = [[block[0]]]
    for row, pitch in zip(block[1:], pitches, strict=True):
        if pitch > _PARAGRAPH_PITCHES * typical:
            paragraphs.append([])
        paragraphs[-1].append(row)
    return paragraphs


def _escaped(text: str) -> str:
    inline = _SPECIAL.sub(r"\\\1", text).replace("&", "&amp;")
    return _SPECIAL_AT_START.sub(
        lambda found: f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}", inline
    )
