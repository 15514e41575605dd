"""What the pages of a PDF say by themselves, to be seen: words that need not be told once more.

A page can be read although it has text of its own: mode `ocr` was asked for, or most of it is a
picture. Text beneath a picture counts as well, since readers of PDFs tell it.
"""

import ctypes
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import SequenceMatcher
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

import pypdfium2
import pypdfium2.raw as pdfium

from contracts.pages import Line, PageSucceeded, Polygon
from exports.pdf_geometry import Affine
from exports.pdf_meaningless_text import is_meaningless, is_visible

# Ten times the text of a dense page; more is a drawing, or a trap.
_MOST_CHARS: Final = 50_000
# Of a word's letters: readings of clean print differ by less, meanings of broken fonts by more.
_SAME: Final = 0.6


class _Char(NamedTuple):
    """A letter or digit, and the middle of its box in the page's user space."""

    y: float
    x: float
    order: int
    text: str


class VisibleText:
    """Of one document. A context manager; what PDFium cannot open or read says nothing."""

    def __init__(self, document: Path, *, password: str | None) -> None:
        try:
            self._pdf: pypdfium2.PdfDocument | None = pypdfium2.PdfDocument(
                document, password=password
            )
        except pypdfium2.PdfiumError:
            self._pdf = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        wrong: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pdf is not None:
            self._pdf.close()

    def to_lay(self, result: PageSucceeded, *, px_to_page: Affine) -> tuple[tuple[Line, ...], bool]:
        """The lines that a page's layer gets: without the words that the page tells at their place,
        and without lines of which nothing is left; polygons in px, mapped by `px_to_page`. And
        whether what the page says by itself is to be silenced: where it has no meaning, and the
        page was read as a whole; its layer gets all then."""
        lines = tuple(line for line in result.lines if line.source == "ocr")
        with self._text_page(result.page_index) as (text_page, count):
            was_read_whole = bool(lines) and len(lines) == len(result.lines)
            if was_read_whole and is_meaningless(text_page, count):
                return lines, True
            chars = sorted(_chars_of(text_page, count))  # from the bottom up
        if not chars:
            return lines, False
        left = (_left_of(line, chars, px_to_page) for line in lines)
        return tuple(line for line in left if line is not None), False

    @contextmanager
    def _text_page(self, page_index: int) -> Iterator[tuple[object, int]]:
        """A page's text as PDFium knows it, and how many characters to look at."""
        if self._pdf is None or page_index >= len(self._pdf):
            yield None, 0
            return
        try:
            page = self._pdf[page_index]
        except pypdfium2.PdfiumError:
            yield None, 0
            return
        try:
            text_page = pdfium.FPDFText_LoadPage(page)
            try:
                count = pdfium.FPDFText_CountChars(text_page) if text_page else 0
                yield text_page, count if count <= _MOST_CHARS else 0
            finally:
                if text_page:
                    pdfium.FPDFText_ClosePage(text_page)
        finally:
            page.close()


def _chars_of(text_page: object, count: int) -> Iterator[_Char]:
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    for index in range(count):
        text = chr(pdfium.FPDFText_GetUnicode(text_page, index)).casefold()
        if not text.isalnum() or pdfium.FPDFText_HasUnicodeMapError(text_page, index) == 1:
            continue
        if not is_visible(text_page, index):
            continue
        if pdfium.FPDFText_GetCharBox(text_page, index, left, right, bottom, top):
            x, y = (left.value + right.value) / 2, (bottom.value + top.value) / 2
            yield _Char(y=y, x=x, order=index, text=text)


def _left_of(line: Line, chars: list[_Char], px_to_page: Affine) -> Line | None:
    here = _within(line.polygon, chars, px_to_page)
    if not here:
        return line
    if _is_said(line.text, here):
        return None
    words = tuple(
        word
        for word in line.words
        if not _is_said(word.text, _within(word.polygon, here, px_to_page))
    )
    if len(words) == len(line.words):
        return line
    text = " ".join(word.text for word in words)
    # Dots and dashes between words that are told are so too, and have no letters to be found by.
    if not any(map(str.isalnum, text)):
        return None
    return line.model_copy(update={"words": words, "text": text})


def _within(polygon: Polygon, chars: list[_Char], px_to_page: Affine) -> list[_Char]:
    """Those with their middle in the polygon's upright box, still sorted."""
    corners = [px_to_page.at(x, y) for x, y in polygon]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    begin = bisect_left(chars, min(ys), key=lambda char: char.y)
    end = bisect_right(chars, max(ys), key=lambda char: char.y)
    return [char for char in chars[begin:end] if min(xs) <= char.x <= max(xs)]


def _is_said(text: str, chars: list[_Char]) -> bool:
    """Whether these characters are the text, but for a misread letter now and then."""
    read = "".join(filter(str.isalnum, text.casefold()))
    told = "".join(char.text for char in sorted(chars, key=lambda char: char.order))
    if not read:
        return bool(told)
    # A line is never so long that this takes its time; what is far longer is not the same.
    if not len(read) / 2 <= len(told) <= 2 * len(read):
        return False
    return SequenceMatcher(None, read, told, autojunk=False).ratio() >= _SAME
