"""From words of a text layer to lines with polygons in pixels: pure geometry, all words at once."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contracts.pages import Line, Polygon
from ingest.made_lines import line_of, word_of
from ingest.page_frame import PageFrame
from ingest.text_boxes import FAR_EM
from ingest.text_layer import LayerWord

_Floats = NDArray[np.float64]

# Words of a line overlap in height by so much of the smaller one; raised numbers do.
_OVERLAP: Final = 0.25
# A line of print as readers see it: from below the descenders to above the capitals.
_BELOW_EM: Final = 0.22
_ABOVE_EM: Final = 0.78
# A baseline that is further away from the glyphs is none of theirs (vertical writing, odd fonts).
_FAR_EM: Final = 1.3
_UPRIGHT: Final = 0.01  # rad
_NEAR_DIAGONAL: Final = 0.35  # of |cos^2 - sin^2|: below, a box says too little of what is in it


def lines_of(words: Sequence[LayerWord], frame: PageFrame) -> list[Line]:
    """The words as lines, each of one direction, without wide gaps; confidence 1.0. Raises:
    ValueError for boxes that are no numbers."""
    if not words:
        return []
    angles = np.array([word.run.angle for word in words])
    # Along its direction from `begin` to `end`, across it (upwards) from `low` to `high`; pt.
    spans = _spans(words, angles)
    groups = _groups(words, spans, angles)
    first = np.array([begin for begin, _ in groups])
    whole = np.stack(
        [
            np.minimum.reduceat(spans[:, 0], first),
            np.maximum.reduceat(spans[:, 1], first),
            np.minimum.reduceat(spans[:, 2], first),
            np.maximum.reduceat(spans[:, 3], first),
        ],
        axis=1,
    )
    made = [
        word_of(word.text, polygon)
        for word, polygon in zip(words, _polygons(spans, angles, frame), strict=True)
    ]
    return [
        line_of(tuple(made[begin:end]), polygon)
        for (begin, end), polygon in zip(
            groups, _polygons(whole, angles[first], frame), strict=True
        )
    ]


def _spans(words: Sequence[LayerWord], angles: _Floats) -> _Floats:
    """(begin, end, low, high) a word."""
    left, bottom, right, top = np.array([word.box for word in words]).T
    em = np.array([word.run.em_pt for word in words])
    base_x, base_y = np.array([word.run.baseline for word in words]).T
    cosine, sine = np.cos(angles), np.sin(angles)
    length, height = _sides(right - left, top - bottom, np.abs(cosine), np.abs(sine), em)
    x, y = (left + right) / 2, (bottom + top) / 2
    along, across = x * cosine + y * sine, y * cosine - x * sine
    low, high = across - height / 2, across + height / 2
    baseline = base_y * cosine - base_x * sine
    near = (low > baseline - _FAR_EM * em) & (high < baseline + _FAR_EM * em)
    low = np.where(near, np.minimum(low, baseline - _BELOW_EM * em), low)
    high = np.where(near, np.maximum(high, baseline + _ABOVE_EM * em), high)
    return np.stack([along - length / 2, along + length / 2, low, high], axis=1)


def _sides(
    width: _Floats, height: _Floats, cosine: _Floats, sine: _Floats, em: _Floats
) -> tuple[_Floats, _Floats]:
    """Length and height of words of which only the upright boxes around them are known."""
    spread = cosine * cosine - sine * sine
    clear = np.abs(spread) > _NEAR_DIAGONAL
    divisor = np.where(clear, spread, 1.0)
    length = (width * cosine - height * sine) / divisor
    across = (height * cosine - width * sine) / divisor
    clear &= (length > 0) & (across > 0)
    # Otherwise the height is that of the font, and the length follows from the longer side.
    assumed = np.minimum(em, np.minimum(width, height))
    longer = np.where(
        cosine >= sine,
        (width - assumed * sine) / np.maximum(cosine, 0.5),
        (height - assumed * cosine) / np.maximum(sine, 0.5),
    )
    return (
        np.where(clear, length, np.maximum(longer, assumed)),
        np.where(clear, across, assumed),
    )


def _groups(words: Sequence[LayerWord], spans: _Floats, angles: _Floats) -> list[tuple[int, int]]:
    """Words that follow each other on a line, as ranges."""
    begin, end, low, high = spans.T
    line = np.array([word.line for word in words])
    em = np.array([word.run.em_pt for word in words])
    # Each word, but the first, and the one before it. Either way: from right to left the following
    # word stands on the left.
    gap = np.maximum(begin[1:] - end[:-1], begin[:-1] - end[1:])
    overlap = np.minimum(high[1:], high[:-1]) - np.maximum(low[1:], low[:-1])
    height = high - low
    goes_on = (
        (line[1:] == line[:-1])
        & (np.abs(angles[1:] - angles[:-1]) <= _UPRIGHT)
        & (gap <= FAR_EM * np.maximum(np.maximum(em[1:], em[:-1]), 1.0))
        & (overlap >= _OVERLAP * np.minimum(height[1:], height[:-1]))
    )
    return list(pairwise([0, *(np.flatnonzero(~goes_on) + 1).tolist(), len(words)]))


def _polygons(spans: _Floats, angles: _Floats, frame: PageFrame) -> list[Polygon]:
    """4 points each, clockwise from the top left of the text as it is read; px, within the page.
    Raises: ValueError for boxes that are no numbers."""
    begin, end, low, high = spans.T
    along = np.stack([begin, end, end, begin], axis=1)
    across = np.stack([high, high, low, low], axis=1)
    cosine, sine = np.cos(angles)[:, None], np.sin(angles)[:, None]
    x, y = frame.point(along * cosine - across * sine, along * sine + across * cosine)
    corners = np.stack([np.clip(x, 0.0, frame.width_px), np.clip(y, 0.0, frame.height_px)], axis=2)
    if not np.isfinite(corners).all():
        raise ValueError("a box of the text layer is no number")
    return [
        ((ax, ay), (bx, by), (cx, cy), (dx, dy))
        for ax, ay, bx, by, cx, cy, dx, dy in corners.round(1).reshape(-1, 8).tolist()
    ]
