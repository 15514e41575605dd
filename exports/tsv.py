"""Tesseract's columns, a word a row. To be replaced by the full maker."""

from pathlib import Path
from typing import Final

from contracts.pages import Line, PageFailed, Polygon, Word
from exports.exporting import Material

_COLUMNS: Final = (
    "level page_num block_num par_num line_num word_num left top width height conf text"
)


def write_tsv(material: Material, out: Path) -> None:
    """Boxes in px of the page's image, confidences in percent."""
    with out.open("w", encoding="utf-8") as file:
        file.write("\t".join(_COLUMNS.split()) + "\n")
        for page in material.pages:
            if isinstance(page, PageFailed):
                continue
            for number, line in enumerate(page.lines, start=1):
                for place, word in enumerate(_words(line), start=1):
                    row = (5, page.page_index + 1, 1, 1, number, place, *_box(word.polygon))
                    file.write("\t".join(map(str, row)) + f"\t{_told(word)}\n")


def _words(line: Line) -> tuple[Word | Line, ...]:
    return line.words or (line,)


def _told(word: Word | Line) -> str:
    return f"{word.confidence * 100:.2f}\t{' '.join(word.text.split())}"


def _box(polygon: Polygon) -> tuple[int, int, int, int]:
    left, top = (int(min(point[axis] for point in polygon)) for axis in (0, 1))
    right, bottom = (int(max(point[axis] for point in polygon)) for axis in (0, 1))
    return left, top, right - left, bottom - top
