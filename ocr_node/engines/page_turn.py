"""By how much a page is turned, from the boxes around its lines."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ocr_node.engines.text_boxes import sides, turned

# Boxes so many times longer than high tell a direction; shorter ones are words of two letters.
_TELLING: Final = 2.0
# ... and so many times, an angle: their corners stand on whole pixels of what detection sees.
_EXACT: Final = 5.0


@dataclass(frozen=True, kw_only=True)
class Leaning:
    """`on_its_side`: most of the text runs upwards or downwards. `skew_deg`: by how much lines are
    turned clockwise against the nearest edge of the page, -45 to 45."""

    on_its_side: bool
    skew_deg: float


def leaning(boxes: Sequence[NDArray[np.float32]]) -> Leaning:
    """How most of the text stands, by the length of its lines. `boxes`: see text_boxes."""
    level_px = upright_px = 0.0
    angles: list[tuple[float, float]] = []  # degrees, px
    for box in boxes:
        along, across = sides(box)
        if max(along, across) < _TELLING * min(along, across):
            continue
        # A box that stands upright as one whose text runs downwards.
        level = box if along >= across else turned(box, 1)
        degrees = 0.0 if along >= across else 90.0
        level_px += along if along >= across else 0.0
        upright_px += across if along < across else 0.0
        if max(along, across) >= _EXACT * min(along, across):
            angles.append((normal_angle(_angle_deg(level) - degrees), max(along, across)))
    return Leaning(on_its_side=upright_px > level_px, skew_deg=_weighted_median(angles))


def angle_of(boxes: Sequence[NDArray[np.float32]], *, near_deg: float) -> float:
    """By how much the lines of a page are turned that was seen turned back by `near_deg`."""
    found = []
    for box in boxes:
        along, across = sides(box)
        if along >= _EXACT * across:
            found.append((normal_angle(_angle_deg(box) - near_deg), along))
    return near_deg + _weighted_median(found)


def _angle_deg(box: NDArray[np.float32]) -> float:
    """Of the text in a box, clockwise; 0 if it is level."""
    along = (box[1] + box[2] - box[0] - box[3]).astype(float)
    return math.degrees(math.atan2(along[1], along[0]))


def _weighted_median(values: list[tuple[float, float]]) -> float:
    """Of (value, weight); 0 of none."""
    half = sum(weight for _, weight in values) / 2
    for value, weight in sorted(values):
        half -= weight
        if half <= 0:
            return value
    return 0.0


def normal_angle(degrees: float) -> float:
    """The same angle, -180 < angle <= 180."""
    return 180.0 - (180.0 - degrees) % 360.0
