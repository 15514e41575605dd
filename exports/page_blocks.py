"""A page as blocks of paragraphs of lines of words: what all the formats write down."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median
from typing import Final

from contracts.pages import Line, PageSucceeded, Point, Polygon
from exports.clean_text import cleaned, is_right_to_left
from exports.geometry import (
    Box,
    angle_of,
    baseline_of,
    box_around,
    box_of,
    inside_page,
    part_of,
    text_height,
)
from layout.reading_order import Block as BlockOfRows
from layout.reading_order import Row, in_reading_order

# Rows further apart than this, in pitches of the block, begin a new paragraph; as in Markdown.
_PARAGRAPH_PITCHES: Final = 1.45


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedWord:
    """A word; its text is never empty, and has no white space at its ends."""

    text: str
    confidence: float  # 0..1
    polygon: Polygon  # inside the page; clockwise from the top left of the text as it is read
    box: Box


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedLine:
    """A line of at least one word."""

    words: tuple[PlacedWord, ...]
    confidence: float  # 0..1
    polygon: Polygon
    box: Box
    angle_deg: float  # clockwise, -180 < angle <= 180
    height_px: float  # across the direction of the text
    baseline: tuple[Point, Point]  # estimated
    right_to_left: bool

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True, kw_only=True, slots=True)
class Paragraph:
    lines: tuple[PlacedLine, ...]
    box: Box

    @property
    def right_to_left(self) -> bool:
        return sum(line.right_to_left for line in self.lines) * 2 > len(self.lines)

    @property
    def confidence(self) -> float:
        return fmean(line.confidence for line in self.lines)


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """What is read in one go: a column, a table, what stands above it."""

    paragraphs: tuple[Paragraph, ...]
    box: Box


def blocks_of(page: PageSucceeded) -> tuple[Block, ...]:
    """The page's blocks in reading order. Lines without a single sign are left out."""
    quarters = round(page.angle_deg / 90) % 4
    upright: list[Line] = []
    placed: dict[int, PlacedLine] = {}
    for line in page.lines:
        if (placed_line := _placed(line, page)) is not None:
            # The order is that of the page as it is read, not as it lies on the scanner.
            upright.append(_turned_back(line, quarters))
            placed[id(upright[-1])] = placed_line
    blocks: list[Block] = []
    for rows in in_reading_order(upright):
        paragraphs = tuple(
            Paragraph(lines=lines, box=box_around(line.box for line in lines))
            for part in _paragraphs(rows)
            if (lines := tuple(placed[id(line)] for row in part for line in row))
        )
        blocks.append(Block(paragraphs=paragraphs, box=box_around(each.box for each in paragraphs)))
    return tuple(blocks)


def _placed(line: Line, page: PageSucceeded) -> PlacedLine | None:
    text = cleaned(line.text)
    polygon = inside_page(line.polygon, width_px=page.width_px, height_px=page.height_px)
    given = [(cleaned(word.text), word.confidence, word.polygon) for word in line.words]
    right_to_left = is_right_to_left(text or "".join(word for word, _, _ in given))
    if not any(word for word, _, _ in given):
        parts = _shared_out(text, polygon, right_to_left)
        given = [(word, line.confidence, where) for word, where in parts]
    words = tuple(
        _placed_word(word, confidence, where, page) for word, confidence, where in given if word
    )
    if not words:
        return None
    return PlacedLine(
        words=words,
        confidence=line.confidence,
        polygon=polygon,
        box=box_of(polygon, width_px=page.width_px, height_px=page.height_px),
        angle_deg=angle_of(polygon),
        height_px=text_height(polygon),
        baseline=baseline_of(polygon),
        right_to_left=right_to_left,
    )


def _placed_word(text: str, confidence: float, polygon: Polygon, page: PageSucceeded) -> PlacedWord:
    polygon = inside_page(polygon, width_px=page.width_px, height_px=page.height_px)
    return PlacedWord(
        text=text,
        confidence=confidence,
        polygon=polygon,
        box=box_of(polygon, width_px=page.width_px, height_px=page.height_px),
    )


def _shared_out(text: str, polygon: Polygon, right_to_left: bool) -> Iterator[tuple[str, Polygon]]:
    """The words of a line of which no words are known, each with its share of the characters."""
    start = 0
    for word in text.split():
        first, last = start / len(text), (start + len(word)) / len(text)
        if right_to_left:
            first, last = 1 - last, 1 - first
        yield word, part_of(polygon, first, last)
        start += len(word) + 1


def _turned_back(line: Line, quarters: int) -> Line:
    """The line as it stands once the page is turned counter-clockwise by some right angles."""
    if not quarters:
        return line
    turned = tuple({1: (y, -x), 2: (-x, -y), 3: (-y, x)}[quarters] for x, y in line.polygon)
    return line.model_copy(update={"polygon": turned})


def _paragraphs(rows: BlockOfRows) -> list[list[Row]]:
    tops = [min(y for line in row for _, y in line.polygon) for row in rows]
    pitches = [below - above for above, below in pairwise(tops)]
    typical = median(pitches) if pitches else 0.0
    paragraphs = [[rows[0]]]
    for row, pitch in zip(rows[1:], pitches, strict=True):
        if pitch > _PARAGRAPH_PITCHES * typical:
            paragraphs.append([])
        paragraphs[-1].append(row)
    return paragraphs
