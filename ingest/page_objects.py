"""What a PDF page draws beside text: its pictures, where they lie, and what they lie upon."""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium

from ingest.text_boxes import Box

# Pages with more objects are plans and maps: their pictures are told by their pixels alone.
_MOST_OBJECTS: Final = 5_000
_MOST_DEPTH: Final = 4
# A picture covers the page if so much of it lies under it.
_WHOLE_PAGE: Final = 0.85

_Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: Final[_Matrix] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(frozen=True, kw_only=True)
class PageObjects:
    """`pictures`: boxes on the page, pt; `objects`: how many there are, annotations left out;
    `beneath`: addresses of text objects over which a picture of the whole page is painted later."""

    pictures: tuple[Box, ...]
    objects: int
    beneath: frozenset[int]


def objects_of(page: pypdfium2.PdfPage) -> PageObjects:
    """Looks at the page's objects, and into its forms, up to a bound."""
    page_box = page.get_bbox()
    pictures: list[Box] = []
    texts: set[int] = set()
    beneath: set[int] = set()
    for kind, each, matrix in _objects(page):
        if kind == pdfium.FPDF_PAGEOBJ_TEXT:
            texts.add(ctypes.addressof(each.contents))
        elif kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            box = _box(each, matrix)
            if box is None:
                continue
            pictures.append(box)
            # A page of scans with text "behind" them: nothing of it is to be seen.
            if texts and share_of(page_box, box) > _WHOLE_PAGE and not _lets_through(each):
                beneath |= texts
                texts.clear()
    return PageObjects(
        pictures=tuple(pictures),
        objects=pdfium.FPDFPage_CountObjects(page),
        beneath=frozenset(beneath),
    )


def share_of(page_box: Box, box: Box) -> float:
    """How much of the first box lies in the second, 0..1."""
    width = min(page_box[2], box[2]) - max(page_box[0], box[0])
    height = min(page_box[3], box[3]) - max(page_box[1], box[1])
    area = (page_box[2] - page_box[0]) * (page_box[3] - page_box[1])
    return max(width, 0.0) * max(height, 0.0) / area if area > 0 else 0.0


def _objects(page: pypdfium2.PdfPage) -> Iterator[tuple[int, Any, _Matrix]]:
    left = _MOST_OBJECTS

    def inside(form: Any, matrix: _Matrix, depth: int) -> Iterator[tuple[int, Any, _Matrix]]:
        nonlocal left
        for index in range(pdfium.FPDFFormObj_CountObjects(form)):
            if (left := left - 1) < 0:
                return
            each = pdfium.FPDFFormObj_GetObject(form, index)
            yield from kind_of(each, matrix, depth)

    def kind_of(each: Any, matrix: _Matrix, depth: int) -> Iterator[tuple[int, Any, _Matrix]]:
        kind = pdfium.FPDFPageObj_GetType(each)
        if kind == pdfium.FPDF_PAGEOBJ_FORM and depth < _MOST_DEPTH:
            yield from inside(each, _through(_matrix_of(each), matrix), depth + 1)
        elif kind in {pdfium.FPDF_PAGEOBJ_TEXT, pdfium.FPDF_PAGEOBJ_IMAGE}:
            yield kind, each, matrix

    for index in range(min(pdfium.FPDFPage_CountObjects(page), _MOST_OBJECTS)):
        yield from kind_of(pdfium.FPDFPage_GetObject(page, index), _IDENTITY, 0)


def _matrix_of(each: Any) -> _Matrix:
    found = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(each, found):
        return _IDENTITY
    return found.a, found.b, found.c, found.d, found.e, found.f


def _through(inner: _Matrix, outer: _Matrix) -> _Matrix:
    a, b, c, d, e, f = inner
    oa, ob, oc, od, oe, of = outer
    return (
        a * oa + b * oc, a * ob + b * od, c * oa + d * oc, c * ob + d * od,
        e * oa + f * oc + oe, e * ob + f * od + of,
    )  # fmt: skip


def _box(image: Any, outer: _Matrix) -> Box | None:
    """An image is the unit square, through its matrix."""
    a, b, c, d, e, f = _through(_matrix_of(image), outer)
    xs, ys = (e, e + a, e + c, e + a + c), (f, f + b, f + d, f + b + d)
    box = min(xs), min(ys), max(xs), max(ys)
    return box if all(abs(edge) < 1e7 for edge in box) else None


def _lets_through(image: Any) -> bool:
    return bool(pdfium.FPDFPageObj_HasTransparency(image)) or (
        # Masks of one bit paint their ink only.
        pdfium.FPDFPageObj_CountMarks(image) > 0
    )
