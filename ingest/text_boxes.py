"""Boxes of characters, as PDFium tells them: around a word, and where one is none."""

import ctypes
import struct
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

import pypdfium2.raw as pdfium

from ingest.unchecked_pdfium import count_rects, get_rect

Box = tuple[float, float, float, float]  # left, bottom, right, top; pt, origin bottom left

# What lies further apart stands in another column, or cell; spaces between words are narrower, in
# justified text too.
FAR_EM: Final = 1.0

# As in Box; PDFium fills it in another order.
_BUFFER: Final = (ctypes.c_double * 4)()
_FOUR_DOUBLES: Final = struct.Struct("4d")
_REFERENCES: Final = tuple(ctypes.byref(_BUFFER, 8 * place) for place in (0, 3, 2, 1))


def box_of(text_page: Any, first: int, count: int) -> Box | None:
    """Around so many characters, generated ones left out; None if nothing has an extent."""
    rects = count_rects(text_page, first, count)
    if rects == 1:  # nearly always
        return _rect(text_page, 0)
    boxes = [box for index in range(min(rects, count)) if (box := _rect(text_page, index))]
    if not boxes:
        return None
    lefts, bottoms, rights, tops = zip(*boxes, strict=True)
    return min(lefts), min(bottoms), max(rights), max(tops)


def far_apart(
    text_page: Any, first: int, units: str, *, box: Box, em_pt: float
) -> Iterator[tuple[int, str]]:
    """The pieces of a word that is too long for its letters, each with its first character. PDFium
    tells no space between what one operator shows far apart, such as the numbers along an axis.
    `box`, `em_pt`: of the word, and of its font."""
    left, bottom, right, top = box
    # The size of an odd font may be anything.
    far = FAR_EM * max(em_pt, min(right - left, top - bottom), 1.0)
    boxes = [_box_of_char(text_page, first + n) for n in range(len(units))]
    begin = 0
    for place, (one, other) in enumerate(pairwise(boxes), start=1):
        if one and other and _gap(one, other) > far:
            yield first + begin, units[begin:place]
            begin = place
    yield first + begin, units[begin:]


def _rect(text_page: Any, index: int) -> Box | None:
    """One of the rectangles that were counted last; None if it has no extent."""
    get_rect(text_page, index, *_REFERENCES)
    box: Box
    left, bottom, right, top = box = _FOUR_DOUBLES.unpack_from(_BUFFER)
    return box if right > left and top > bottom else None


def _box_of_char(text_page: Any, char: int) -> Box | None:
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    if not pdfium.FPDFText_GetCharBox(text_page, char, left, right, bottom, top):
        return None
    return left.value, bottom.value, right.value, top.value


def _gap(one: Box, other: Box) -> float:
    """How far apart they are, from side to side or from top to bottom; below 0 if they overlap."""
    return max(other[0] - one[2], one[0] - other[2], other[1] - one[3], one[1] - other[3])
