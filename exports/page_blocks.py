"""A page as blocks of paragraphs of lines of words: what all the formats write down."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

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
from layout.laid_out import paragraphs_as_read


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
    placed: dict[int, PlacedLine] = {}
    legible: list[Line] = []
    for line in page.lines:
        if (placed_line := _placed(line, page)) is not None:
            # What reaches far over the edges of the page, as nothing that was read does, must not
            # decide what stands where.
            legible.append(line.model_copy(update={"polygon": placed_line.polygon}))
            placed[id(legible[-1])] = placed_line
    blocks = paragraphs_as_read(
        legible, width_px=page.width_px, height_px=page.height_px, angle_deg=page.angle_deg
    )
    return tuple(_block([[placed[id(line)] for line in part] for part in each]) for each in blocks)


def _block(parts: Iterable[Sequence[PlacedLine]]) -> Block:
    paragraphs = tuple(
        Paragraph(lines=tuple(lines), box=box_around(line.box for line in lines)) for lines in parts
    )
    return Block(paragraphs=paragraphs, box=box_around(each.box for each in paragraphs))


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
