"""Visible text that cannot mean what it shows, and how it is kept out of what is copied."""

import ctypes
import math
import unicodedata
from typing import Final

import pikepdf
import pypdfium2.raw as pdfium

from exports.pdf_font import compressed

# Controls, private use, halves of characters, and what is no character.
_WITHOUT_MEANING: Final = frozenset({"Cc", "Co", "Cs", "Cn"})
# A line's end and PDFium's mark for a hyphen there.
_OF_PDFIUM: Final = frozenset("\r\n\ufffe")
# Ideographs follow each other by a square's side, in narrow fonts by two thirds of it; where they
# stand closer, the font's map is wrong (its bytes swapped, say), and the glyphs are others.
_IDEOGRAPHS: Final = (0x3100, 0x9FFF)
_NARROW: Final = 0.6
_COPY: Final = 0.1
# Of the characters that are to be seen. A page with fewer is right for the most part.
_MOST: Final = 0.5


def is_meaningless(text_page: object, count: int) -> bool:
    """Whether half of the visible characters, or more, have no meaning in the file, only a look;
    by itself, without regard to what was read. `count`: of the page's characters."""
    shown = meaningless = 0
    for index in range(count):
        code = pdfium.FPDFText_GetUnicode(text_page, index)
        if _is_glyph(code) and is_visible(text_page, index):
            shown += 1
            meaningless += _means_nothing(text_page, index, chr(code))
    return shown > 0 and meaningless >= _MOST * shown


def is_visible(text_page: object, index: int) -> bool:
    """Whether a character is drawn; those that PDFium adds, spaces between words, are not."""
    run = pdfium.FPDFText_GetTextObject(text_page, index)
    return bool(run) and (
        pdfium.FPDFTextObj_GetTextRenderMode(run) != pdfium.FPDF_TEXTRENDERMODE_INVISIBLE
    )


def _means_nothing(text_page: object, index: int, character: str) -> bool:
    if unicodedata.category(character) in _WITHOUT_MEANING:
        return True
    if _is_ideograph(ord(character)):
        return _is_close(text_page, index)
    # Letters may be right all the same: the names of glyphs tell them.
    return not character.isalpha() and pdfium.FPDFText_HasUnicodeMapError(text_page, index) == 1


def _is_glyph(code: int) -> bool:
    return not chr(code).isspace() and chr(code) not in _OF_PDFIUM


def _is_ideograph(code: int) -> bool:
    return _IDEOGRAPHS[0] <= code <= _IDEOGRAPHS[1]


def _is_close(text_page: object, index: int) -> bool:
    """Whether an ideograph stands too close to one before or behind it; a second copy of itself,
    printed to look bold, is none."""
    em = _em(text_page, index)
    place = _middle(text_page, index)
    return any(
        _is_ideograph(pdfium.FPDFText_GetUnicode(text_page, beside))
        and _COPY * em < math.dist(place, _middle(text_page, beside)) < _NARROW * em
        for beside in (index - 1, index + 1)
    )


def _middle(text_page: object, index: int) -> tuple[float, float]:
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium.FPDFText_GetCharBox(text_page, index, left, right, bottom, top)
    return (left.value + right.value) / 2, (bottom.value + top.value) / 2


def _em(text_page: object, index: int) -> float:
    """The size of the font on the page, pt; it may stand in the matrix alone."""
    matrix = pdfium.FS_MATRIX()
    if not pdfium.FPDFText_GetMatrix(text_page, index, matrix):
        return 0.0
    size = abs(pdfium.FPDFText_GetFontSize(text_page, index))
    return float(size * math.hypot(matrix.c, matrix.d))


def silence(page: pikepdf.Page, pdf: pikepdf.Pdf) -> None:
    """What the page shows goes on to be shown, and its text reads as a space (ISO 32000-1, 14.9.4):
    poppler and PDFium tell nothing of it. The page's own streams stay as they are."""
    page.contents_add(compressed(pdf, b"/Span<</ActualText( )>>BDC\n"), prepend=True)
    page.contents_add(compressed(pdf, b"\nEMC\n"), prepend=False)
