"""Tab-separated values in the columns of `tesseract ... tsv`, for tables and scripts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from contracts.pages import PageFailed, PageResult
from exports.exporting import Material
from exports.geometry import Box
from exports.page_blocks import blocks_of

COLUMNS: Final = (
    "level", "page_num", "block_num", "par_num", "line_num", "word_num",
    "left", "top", "width", "height", "conf", "text",
)  # fmt: skip
_NO_WORD: Final = "-1"


def write_tsv(material: Material, out: Path) -> None:
    """Writes one table for all pages.

    Rows: a page (level 1), its blocks (2), paragraphs (3), lines (4) and words (5). Numbers count
    from 1 within what holds them, and are 0 above their level. px of the page's image; confidence
    0..100, -1 for what is no word. Nothing is quoted, as Tesseract does not.
    """
    with out.open("w", encoding="utf-8", newline="\n") as file:
        file.write("\t".join(COLUMNS) + "\n")
        for page in material.pages:
            file.writelines(_rows(page))


def _rows(page: PageResult) -> Iterator[str]:
    number = page.page_index + 1
    whole = (0, 0, page.width_px, page.height_px)
    yield _row(1, (number, 0, 0, 0, 0), whole, _NO_WORD)
    if isinstance(page, PageFailed):
        return
    for b, block in enumerate(blocks_of(page), 1):
        yield _row(2, (number, b, 0, 0, 0), _place(block.box), _NO_WORD)
        for p, paragraph in enumerate(block.paragraphs, 1):
            yield _row(3, (number, b, p, 0, 0), _place(paragraph.box), _NO_WORD)
            for n, line in enumerate(paragraph.lines, 1):
                yield _row(4, (number, b, p, n, 0), _place(line.box), _NO_WORD)
                for w, word in enumerate(line.words, 1):
                    confidence = f"{100 * word.confidence:.6f}"
                    place = _place(word.box)
                    yield _row(5, (number, b, p, n, w), place, confidence, word.text)


def _row(
    level: int, numbers: tuple[int, ...], place: tuple[int, ...], confidence: str, text: str = ""
) -> str:
    return "\t".join([str(level), *map(str, numbers), *map(str, place), confidence, text]) + "\n"


def _place(box: Box) -> tuple[int, int, int, int]:
    return box.left, box.top, box.width, box.height
