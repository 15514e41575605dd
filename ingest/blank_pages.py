"""Whether an image shows nothing but paper: noise, dust and the shadow of the scanner's edge are
allowed; a letter, a line in light grey, a page number are not. In doubt it is not blank.

Decided at 25 dpi, where noise is averaged away and a letter of 10 pt is two pixels of grey; spots
of that size are looked at again in the image itself, where dust is smaller than any letter.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ingest.paper_tones import MARGIN, Tones

_Grey = NDArray[np.uint8]
Look = Callable[[tuple[int, int, int, int]], NDArray[np.uint8]]

# Shapes narrower than 9 mm stand out from what is around them; shadows and folds are wider.
_REACH_PX: Final = 4
_PAD_PX: Final = 2 * _REACH_PX
# A step of 55 (grey of a light line on paper) over a quarter of a pixel is 14; noise of a scanner,
# 8 at full size, is 1 here. Where the paper itself is rougher, what it has is allowed, ...
_LEAST_CONTRAST: Final = 5.0
_TIMES_ROUGHNESS: Final = 3.0
# ... up to there: on more than that nothing can be called blank.
_MOST_CONTRAST: Final = 12.0
# What a program has drawn is without noise, and may be fainter.
_CLEAN_CONTRAST: Final = 2.0
_DARK_GROUND: Final = 150
# Black dust of _LETTER_IN, half in each of two pixels at 25 dpi, is 48 darker than paper.
_PLAIN: Final = 55
# More specks than that are no dust; and each has to be looked at.
_MOST_SPOTS: Final = 400
# px at 25 dpi: what is wider is no speck, however it looks from nearby.
_SPECK_PX: Final = 3
# Inches: a small letter of 6 pt is 0.04 high, a speck of dust 0.01.
_LETTER_IN: Final = 0.03
# Against what is around it: a stroke in light grey; and what noise does not reach.
_STROKE: Final = 15
_TIMES_NOISE: Final = 5.0
_SIGMA_OF_MEDIAN: Final = 1.48  # of a normal distribution's absolute values


def is_blank(small: Image.Image, tones: Tones, *, scale: float, dpi: int, look: Look) -> bool:
    """Whether a page shows nothing whose tones are those of paper.

    `small`: in grey at about 25 dpi, of 3 x 3 px at least, with its `tones` (ingest.paper_tones);
    `scale`: px of the image a px of it; `look`: the pixels of the image in a box (left, top, right,
    bottom, px), in grey, for closer looks.
    """
    grey = np.asarray(small)
    if _has_plain_letter(np.asarray(tones.inside), ground=tones.median):
        return False
    contrast = _contrast(grey)
    roughness = float(np.median(contrast))
    allowed = (
        min(max(_LEAST_CONTRAST, _TIMES_ROUGHNESS * roughness), _MOST_CONTRAST)
        if roughness
        else _CLEAN_CONTRAST
    )
    spots = np.argwhere(contrast > allowed)
    if len(spots) > _MOST_SPOTS + 2 * sum(grey.shape):
        return False
    clusters = [each for each in _clusters(spots) if not _is_shadow(each, grey.shape)]
    if len(clusters) > _MOST_SPOTS:
        return False
    return all(_is_speck(each, scale=scale, dpi=dpi, look=look) for each in clusters)


def _has_plain_letter(inside: _Grey, *, ground: int) -> bool:
    """Whether two pixels side by side are far darker than the paper: more than the largest speck
    can make of them, which is what most pages with print need to be told by."""
    dark = inside < ground - _PLAIN
    return bool((dark[1:] & dark[:-1]).any() or (dark[:, 1:] & dark[:, :-1]).any())


def _contrast(grey: _Grey) -> _Grey:
    """How much each pixel is darker, or brighter, than what is around it."""
    # As if the border went on: a shadow there is wide.
    padded = np.pad(grey, _PAD_PX, mode="edge")
    closed = _spread_out(_spread_out(padded, np.maximum), np.minimum)
    opened = _spread_out(_spread_out(padded, np.minimum), np.maximum)
    # Closing only brightens, opening only darkens: no difference is below zero.
    # Bright is print only on dark ground; elsewhere it is paper between a speck and a shadow.
    bright = np.where(opened < _DARK_GROUND, padded - opened, 0)
    away: _Grey = np.maximum(closed - padded, bright)
    return away[_PAD_PX:-_PAD_PX, _PAD_PX:-_PAD_PX]


def _spread_out(grey: _Grey, most: np.ufunc) -> _Grey:
    """The maximum, or minimum, around each pixel, in a square of 2 * _REACH_PX + 1."""
    for axis in (0, 1):
        for step in (1, 1, 2):
            out = grey.copy()
            to, back = [slice(None)] * 2, [slice(None)] * 2
            to[axis], back[axis] = slice(step, None), slice(None, -step)
            most(out[tuple(to)], grey[tuple(back)], out=out[tuple(to)])
            most(out[tuple(back)], grey[tuple(to)], out=out[tuple(back)])
            grey = out
    return grey


def _clusters(spots: NDArray[np.int64]) -> list[tuple[int, int, int, int]]:
    """Spots that touch, as boxes (left, top, right, bottom), the last two exclusive."""
    left = {(int(row), int(column)) for row, column in spots}
    boxes = []
    while left:
        waiting = [left.pop()]
        cluster = []
        while waiting:
            row, column = waiting.pop()
            cluster.append((row, column))
            for near in _AROUND:
                place = row + near[0], column + near[1]
                if place in left:
                    left.remove(place)
                    waiting.append(place)
        rows, columns = zip(*cluster, strict=True)
        boxes.append((min(columns), min(rows), max(columns) + 1, max(rows) + 1))
    return boxes


_AROUND: Final = [
    (row, column) for row in (-1, 0, 1) for column in (-1, 0, 1) if (row, column) != (0, 0)
]


def _is_shadow(box: tuple[int, int, int, int], shape: tuple[int, ...]) -> bool:
    """Whether something touches an edge of the page, and stays in its margin."""
    height, width = shape
    left, top, right, bottom = box
    margin_x, margin_y = max(1, round(MARGIN * width)), max(1, round(MARGIN * height))
    return (
        (left == 0 and right <= margin_x)
        or (top == 0 and bottom <= margin_y)
        or (right == width and left >= width - margin_x)
        or (bottom == height and top >= height - margin_y)
    )


def _is_speck(box: tuple[int, int, int, int], *, scale: float, dpi: int, look: Look) -> bool:
    left, top, right, bottom = box
    if max(right - left, bottom - top) > _SPECK_PX:
        return False
    pixels = look(
        (
            int((left - 1) * scale), int((top - 1) * scale),
            int((right + 1) * scale), int((bottom + 1) * scale),
        )
    ).astype(np.int16)  # fmt: skip
    if min(pixels.shape) < 2:
        return True
    # Four together: noise is halved, strokes of letters are wider than two.
    mean = (pixels[1:, 1:] + pixels[1:, :-1] + pixels[:-1, 1:] + pixels[:-1, :-1]) // 4
    # Without the shadow that may lie along an edge, darker from row to row, or column to column.
    even = mean - np.median(mean, axis=0)
    away = np.abs(even - np.median(even, axis=1)[:, None])
    noise = _SIGMA_OF_MEDIAN * float(np.median(away))
    rows, columns = np.nonzero(away > max(_STROKE, _TIMES_NOISE * noise, float(away.max()) / 2))
    if not len(rows):
        # Fainter than noise is noise; without noise it was drawn so.
        return noise >= 1.0
    extent = max(int(np.ptp(rows)), int(np.ptp(columns))) + 1
    return extent < _LETTER_IN * dpi
