"""From words of a text layer to lines with polygons in pixels: pure geometry, all words at once."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from contracts.pages import Line
from ingest.page_frame import PageFrame
from ingest.text_layer import LayerWord

_Floats = NDArray[np.float64]

# What lies further apart stands in another column, or cell; spaces between words are narrower, in
# justified text too.
_GAP_EM: Final = 1.0
# Words of a line overlap in height by so much of the smaller one; raised numbers do.
_OVERLAP: Final = 0.25
# A line of print as readers see it: from below the descenders to above the capitals.
_BELOW_EM: Final = 0.22
_ABOVE_EM: Final = 0.78
# A baseline that is further away from the glyphs is none of theirs (vertical writing, odd fonts).
_FAR_EM: Final = 1.3
_UPRIGHT: Final = 0.01  # rad
_NEAR_DIAGONAL: Final = 0.35  # of |cos^2 - sin^2|: below, a box says too little of what is in it

_LINES: Final = TypeAdapter(list[Line])


def lines_of(words: Sequence[LayerWord], frame: PageFrame) -> list[Line]:
    """The words as lines, each of one direction, without wide gaps; confidence 1.0."""
    if not words:
        return []
    angles = np.array([word.run.angle for word in words])
    # Along its direction from `begin` to `end`, across it (upwards) from `low` to `high`; pt.
    spans = _spans(words, angles)
    groups = list(_groups(words, spans))
    first = np.array([group[0] for group in groups])
    whole = np.stack(
        [
            np.minimum.reduceat(spans[:, 0], first),
            np.maximum.reduceat(spans[:, 1], first),
            np.minimum.reduceat(spans[:, 2], first),
            np.maximum.reduceat(spans[:, 3], first),
        ],
        axis=1,
    )
    of_words = _polygons(spans, angles, frame)
    of_lines = _polygons(whole, angles[first], frame)
    # Validated in one go: an object at a time takes three times as long.
    return _LINES.validate_python(
        [
            {
                "text": " ".join(words[index].text for index in group),
                "confidence": 1.0,
                "polygon": polygon,
                "words": [
                    {"text": words[index].text, "confidence": 1.0, "polygon": of_words[index]}
                    for index in group
                ],
                "source": "text_layer",
            }
            for group, polygon in zip(groups, of_lines, strict=True)
        ]
    )


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


def _groups(words: Sequence[LayerWord], spans: _Floats) -> Iterator[list[int]]:
    """Indexes of words that follow each other on a line."""
    group = [0]
    places = spans.tolist()
    for index in range(1, len(words)):
        if not _goes_on(words[index - 1], words[index], places[index - 1], places[index]):
            yield group
            group = []
        group.append(index)
    yield group


def _goes_on(
    one: LayerWord, other: LayerWord, last: Sequence[float], following: Sequence[float]
) -> bool:
    if one.line != other.line or abs(one.run.angle - other.run.angle) > _UPRIGHT:
        return False
    # Either way: from right to left the following word stands on the left.
    gap = max(following[0] - last[1], last[0] - following[1])
    if gap > _GAP_EM * max(one.run.em_pt, other.run.em_pt, 1.0):
        return False
    overlap = min(last[3], following[3]) - max(last[2], following[2])
    smaller = min(last[3] - last[2], following[3] - following[2])
    return overlap >= _OVERLAP * smaller


def _polygons(spans: _Floats, angles: _Floats, frame: PageFrame) -> list[Any]:
    """4 points each, clockwise from the top left of the text as it is read; px, within the page."""
    begin, end, low, high = spans.T
    along = np.stack([begin, end, end, begin], axis=1)
    across = np.stack([high, high, low, low], axis=1)
    cosine, sine = np.cos(angles)[:, None], np.sin(angles)[:, None]
    x, y = frame.point(along * cosine - across * sine, along * sine + across * cosine)
    corners = np.stack([np.clip(x, 0.0, frame.width_px), np.clip(y, 0.0, frame.height_px)], axis=2)
    polygons: list[Any] = corners.round(1).tolist()
    return polygons
