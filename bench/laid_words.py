"""What we laid on the pages of a searchable PDF, apart from what the document says by itself."""

import ctypes
from collections.abc import Iterator, Sequence
from pathlib import Path
from re import compile as pattern
from typing import Any, Final

import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium

from bench.pdf_checks import FoundWord
from contracts.pages import PageResult, PageSucceeded
from exports.pdf_geometry import px_to_page
from exports.pdf_visible_text import VisibleText

# How exports/pdf_text_layer.py begins.
_OURS: Final = pattern(rb"q [-\d. ]+ cm BT 3 Tr\n")
# Device units a point: PDFium tells places on a device in whole numbers.
_FINE: Final = 100


def laid_pages(
    document: Path, results: Sequence[PageResult], *, password: str | None
) -> list[PageSucceeded]:
    """The pages that were read, with the lines and words that are laid on them: those that the
    document does not tell by itself. Pages of which nothing is left are left out."""
    read = [
        each
        for each in results
        if isinstance(each, PageSucceeded) and each.source == "ocr" and each.lines
    ]
    if b"%PDF-" not in document.read_bytes()[:1024]:
        return read
    laid = []
    with (
        pikepdf.open(document, password=password or "") as pdf,
        VisibleText(document, password=password) as visible,
    ):
        for each in read:
            mapped = px_to_page(
                pdf.pages[each.page_index], width_px=each.width_px, height_px=each.height_px
            )
            lines, _ = visible.to_lay(each, px_to_page=mapped)
            if lines:
                laid.append(each.model_copy(update={"lines": lines}))
    return laid


def without_the_rest(searchable: Path, out: Path) -> None:
    """Writes a copy in which nothing is left on the pages but the text that we laid."""
    with pikepdf.open(searchable) as pdf:
        for page in pdf.pages:
            contents = page.obj.get("/Contents")
            streams = [*contents] if isinstance(contents, pikepdf.Array) else [contents]
            page.obj.Contents = pikepdf.Array(
                [
                    stream
                    for stream in streams
                    if isinstance(stream, pikepdf.Stream) and _OURS.match(stream.read_bytes())
                ]
            )
            if "/Annots" in page.obj:
                del page.obj.Annots
        pdf.save(out)


def pdfium_words(pdf: Path) -> list[list[FoundWord]]:
    """By page, the words that PDFium finds, and the upright boxes of their characters."""
    with pypdfium2.PdfDocument(pdf) as opened:
        return [[*_words_on(page)] for page in opened]


def _words_on(page: pypdfium2.PdfPage) -> Iterator[FoundWord]:
    size = page.get_size()
    text_page = page.get_textpage()
    text = ""
    places: list[tuple[float, float]] = []
    for index in range(text_page.count_chars()):
        character = chr(pdfium.FPDFText_GetUnicode(text_page, index))
        if not character.isspace():
            text += character
            places.extend(_corners(page, text_page, index, size))
        elif text:
            yield _found(text, places, size)
            text, places = "", []
    if text:
        yield _found(text, places, size)


def _corners(
    page: pypdfium2.PdfPage, text_page: Any, index: int, size: tuple[float, float]
) -> Iterator[tuple[float, float]]:
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    if not pdfium.FPDFText_GetCharBox(text_page, index, left, right, bottom, top):
        return
    across, down = (round(side * _FINE) for side in size)
    x, y = ctypes.c_int(), ctypes.c_int()
    for corner in ((left, bottom), (right, top)):
        pdfium.FPDF_PageToDevice(page, 0, 0, across, down, 0, *corner, x, y)
        yield x.value / _FINE, y.value / _FINE


def _found(
    text: str, places: Sequence[tuple[float, float]], size: tuple[float, float]
) -> FoundWord:
    xs, ys = [x for x, _ in places] or [0.0], [y for _, y in places] or [0.0]
    return FoundWord(text=text, box=(min(xs), min(ys), max(xs), max(ys)), page_pt=size)
