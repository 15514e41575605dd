"""Where the ink of a PDF page is, seen in a small picture: under words, in pictures, elsewhere."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pypdfium2
from numpy.typing import NDArray

from ingest.page_frame import PageFrame
from ingest.text_boxes import Box

_Mask = NDArray[np.bool_]
_Grey = NDArray[np.uint8]

# At a quarter of 200 dpi a line of 10 pt is 7 px high, and drawing it takes 1 to 3 ms.
_DPI: Final = 50.0
_MOST_PIXELS: Final = 4_000_000
# Steps between neighbouring pixels, of 255: light grey print has such at this size, ...
_FAINT_STEP: Final = 6
# ... and print that is meant to be read; tints and gradients have less.
_CLEAR_STEP: Final = 24
# A page of one colour shows nothing; one that goes from one to another does.
_COLOURFUL: Final = 60
# Of a word's box, that has to be steps; print has 40 % and more, a full stop one pixel.
_WORD_INK: Final = 0.06
# px around a word that are still its own: blurred edges, rounding, accents.
_MARGIN_PX: Final = 2
# Pictures below that hold no line of print (29 pt): bullets, icons; unless there are many of them,
# which are the pieces of one.
_ICON_PX: Final = 20
_MANY: Final = 50


@dataclass(frozen=True, kw_only=True)
class Ink:
    """`any`: whether the page shows anything; `under_word`: of each word whether there is ink in
    its box; `stray`: how many shapes like words of print no word and no picture covers;
    `picture_share`: of the page, 0..1; `picture_steps`: clear edges in pictures, beside words, px
    of the small picture."""

    any: bool
    under_word: tuple[bool, ...]
    stray: int
    picture_share: float
    picture_steps: int


class SmallPicture:
    """The page at 50 dpi, in grey."""

    def __init__(self, page: pypdfium2.PdfPage) -> None:
        """Raises: PdfiumError, ValueError for a page without area."""
        width_pt, height_pt = page.get_size()
        scale = min(_DPI / 72.0, math.sqrt(_MOST_PIXELS / max(width_pt * height_pt, 1.0)))
        self._frame = PageFrame.of(page, scale=scale)
        bitmap = page.render(scale=scale, grayscale=True)
        try:
            grey = bitmap.to_numpy().reshape(bitmap.height, -1)[:, : bitmap.width].copy()
        finally:
            bitmap.close()
        self._steps = _steps(grey)
        self._spread = int(grey.max()) - int(grey.min())

    def ink(self, words: Sequence[Box], pictures: Sequence[Box]) -> Ink:
        """What is where. `words`, `pictures`: boxes on the page, pt."""
        height, width = self._steps.shape
        word_boxes, picture_boxes = self._pixels(words), self._pixels(pictures)
        faint = self._steps >= _FAINT_STEP
        clear = self._steps >= _CLEAR_STEP
        for left, top, right, bottom in _widened(word_boxes, _MARGIN_PX).tolist():
            clear[top:bottom, left:right] = False
        in_picture = np.zeros((height, width), dtype=np.bool_)
        share = np.zeros((height, width), dtype=np.bool_)
        many = len(picture_boxes) > _MANY
        for left, top, right, bottom in picture_boxes.tolist():
            share[top:bottom, left:right] = True
            if many or max(right - left, bottom - top) >= _ICON_PX:
                # Its own outline is no text in it.
                inner = (
                    slice(top + _MARGIN_PX, bottom - _MARGIN_PX),
                    slice(left + _MARGIN_PX, right - _MARGIN_PX),
                )
                in_picture[inner] = True
        return Ink(
            any=bool(faint.any()) or self._spread > _COLOURFUL,
            under_word=tuple(_has_ink(faint, word_boxes)),
            stray=_word_shapes(clear & ~share),
            picture_share=int(np.count_nonzero(share)) / share.size,
            picture_steps=int(np.count_nonzero(clear & in_picture)),
        )

    def _pixels(self, boxes: Sequence[Box]) -> NDArray[np.int64]:
        """(left, top, right, bottom) each, within the picture, the last two exclusive."""
        if not boxes:
            return np.zeros((0, 4), dtype=np.int64)
        height, width = self._steps.shape
        left, bottom, right, top = np.array(boxes, dtype=np.float64).T
        x0, y0 = self._frame.point(left, bottom)
        x1, y1 = self._frame.point(right, top)
        edges = np.stack(
            [
                np.floor(np.minimum(x0, x1)),
                np.floor(np.minimum(y0, y1)),
                np.ceil(np.maximum(x0, x1)),
                np.ceil(np.maximum(y0, y1)),
            ],
            axis=1,
        )
        return np.clip(edges, 0, [width, height, width, height]).astype(np.int64)


def _steps(grey: _Grey) -> _Grey:
    """The larger step of each pixel to its right and lower neighbour."""
    steps = np.zeros_like(grey)
    steps[:, :-1] = _apart(grey[:, 1:], grey[:, :-1])
    np.maximum(steps[:-1], _apart(grey[1:], grey[:-1]), out=steps[:-1])
    return steps


def _apart(one: _Grey, other: _Grey) -> _Grey:
    # No number below zero on the way: bytes are enough.
    apart: _Grey = np.maximum(one, other) - np.minimum(one, other)
    return apart


def _widened(boxes: NDArray[np.int64], margin: int) -> NDArray[np.int64]:
    wider: NDArray[np.int64] = np.maximum(boxes + np.array([-margin, -margin, margin, margin]), 0)
    return wider


def _has_ink(faint: _Mask, boxes: NDArray[np.int64]) -> list[bool]:
    if not len(boxes):
        return []
    # A step lies on the pixel before the edge, and a full stop has no pixel of its own.
    height, width = faint.shape
    wider = np.clip(boxes + np.array([-1, -1, 1, 1]), 0, [width, height] * 2).tolist()
    count = np.count_nonzero
    inked = np.array([count(faint[top:bottom, left:right]) for left, top, right, bottom in wider])
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    enough: list[bool] = (inked >= np.maximum(1, _WORD_INK * area)).tolist()
    return enough


# Shapes as words of print have them, px: higher than a rule, lower than a headline of 30 pt; filled
# with edges, unlike frames; wider than a mark.
_WORD_HEIGHT: Final = (3, 22)
_WORD_WIDTH: Final = (4, 200)
_WORD_FILL: Final = 0.35


def _word_shapes(ink: _Mask) -> int:
    if np.count_nonzero(ink) < _WORD_HEIGHT[0] * _WORD_WIDTH[0]:
        return 0
    import cv2  # noqa: PLC0415 - 30 MB, which most documents can do without

    _, _, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    width, height, area = stats[1:, 2], stats[1:, 3], stats[1:, 4]
    like_words = (
        (height >= _WORD_HEIGHT[0])
        & (height <= _WORD_HEIGHT[1])
        & (width >= _WORD_WIDTH[0])
        & (width <= _WORD_WIDTH[1])
        & (area >= _WORD_FILL * width * height)
    )
    return int(like_words.sum())
