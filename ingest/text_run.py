"""What the characters of one text object have in common."""

import ctypes
import math
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium

from ingest.unchecked_pdfium import get_text_render_mode


@dataclass(frozen=True, slots=True)
class TextRun:
    """`hidden`: painted neither in fill nor stroke; `em_pt`: the font's size on the page; `angle`:
    of the text's direction in radians, counter-clockwise; `baseline`: a point (x, y) on it, pt."""

    hidden: bool
    em_pt: float
    angle: float
    baseline: tuple[float, float]


def run_of(text_page: Any, char: int, address: int) -> TextRun:
    """The run that the character belongs to. `address`: of its text object; 0 where PDFium knows
    none."""
    matrix = pdfium.FS_MATRIX()
    size_pt = pdfium.FPDFText_GetFontSize(text_page, char)
    if not pdfium.FPDFText_GetMatrix(text_page, char, matrix):
        matrix.a = matrix.d = 1.0
    # How high a unit of the font stands: its size may be in the matrix, or be negative.
    em_pt = abs(size_pt) * math.hypot(matrix.c, matrix.d)
    angle = math.atan2(matrix.b, matrix.a)
    if size_pt < 0:
        angle += math.pi
    return TextRun(
        hidden=address != 0
        and get_text_render_mode(ctypes.c_void_p(address))
        # What only clips shows as what is painted through it: whether, the ink tells.
        == pdfium.FPDF_TEXTRENDERMODE_INVISIBLE,
        em_pt=em_pt,
        angle=math.remainder(angle, 2 * math.pi),
        baseline=(matrix.e, matrix.f),
    )
