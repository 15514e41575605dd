"""From a map of probabilities to boxes around lines: DB post-processing as PaddleOCR does it."""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_node.engines.model_folder import DetectionOptions

# As in PaddleX's DBPostProcess (min_size): px of the map; what is thinner is dirt.
_LEAST_CORE_PX: Final = 3
_LEAST_BOX_PX: Final = _LEAST_CORE_PX + 2
# PaddleOCR takes 1,000, and drops the rest of a dense page.
_MOST_BOXES: Final = 5000
# A box so much higher than wide holds text that lies on its side (as in PaddleOCR's CropByPolys).
_UPRIGHT: Final = 1.5


def text_boxes(
    probability: NDArray[np.float32], *, width_px: int, height_px: int, options: DetectionOptions
) -> list[NDArray[np.float32]]:
    """Boxes around lines, each of shape (4, 2): clockwise from the top left, px, origin top left of
    an image of `width_px` x `height_px`, which `probability` (height, width) covers whole.

    Each is a rectangle, turned as the line is. The growth by `unclip_ratio` is that of a polygon's
    offset (area * ratio / length of its outline), which for a rectangle needs no polygon library.
    """
    text = (probability > options.threshold).astype(np.uint8)
    outlines, _ = cv2.findContours(text, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    scale = np.array([width_px, height_px], np.float64) / probability.shape[::-1]
    found = []
    for outline in outlines[:_MOST_BOXES]:
        middle, (along, across), angle = cv2.minAreaRect(outline)
        if min(along, across) < _LEAST_CORE_PX:
            continue
        core = cv2.boxPoints((middle, (along, across), angle))
        if _mean_inside(probability, core) < options.box_threshold:
            continue
        growth = 2 * (along * across * options.unclip_ratio / (2 * (along + across)))
        if min(along, across) + growth < _LEAST_BOX_PX:
            continue
        whole = cv2.boxPoints((middle, (along + growth, across + growth), angle))
        corners = np.clip(np.round(whole * scale), 0, [width_px, height_px])
        found.append(clockwise(corners.astype(np.float32)))
    return found


def clockwise(corners: NDArray[np.float32]) -> NDArray[np.float32]:
    """The corners of a box from the top left on."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    left = by_x[:2][np.argsort(by_x[:2, 1], kind="stable")]
    right = by_x[2:][np.argsort(by_x[2:, 1], kind="stable")]
    return np.array([left[0], right[0], right[1], left[1]], np.float32)


def as_read(box: NDArray[np.float32]) -> NDArray[np.float32]:
    """The corners of `box` (from the top left of the page, clockwise) from the top left of its text
    on. Text in a box that is much higher than wide runs downwards, as far as one can tell."""
    return turned(box, 1) if is_upright(box) else box


def is_upright(box: NDArray[np.float32]) -> bool:
    """Whether `box` is so much higher than wide that its text lies on its side."""
    along, across = sides(box)
    return across >= _UPRIGHT * along


def turned(box: NDArray[np.float32], quarters: int) -> NDArray[np.float32]:
    """The same box with its text turned clockwise by so many quarters."""
    return np.roll(box, -quarters, axis=0)


def sides(box: NDArray[np.float32]) -> tuple[float, float]:
    """Length of a box along its text and across it, px, 1 at least."""
    along = max(math.dist(box[0], box[1]), math.dist(box[2], box[3]), 1.0)
    across = max(math.dist(box[0], box[3]), math.dist(box[1], box[2]), 1.0)
    return along, across


def _mean_inside(probability: NDArray[np.float32], box: NDArray[np.float32]) -> float:
    height, width = probability.shape
    left, top = np.clip(np.floor(box.min(axis=0)).astype(int), 0, [width - 1, height - 1])
    right, bottom = np.clip(np.ceil(box.max(axis=0)).astype(int), 0, [width - 1, height - 1])
    mask = np.zeros((bottom - top + 1, right - left + 1), np.uint8)
    cv2.fillPoly(mask, [(box - [left, top]).astype(np.int32)], 1)
    return float(cv2.mean(probability[top : bottom + 1, left : right + 1], mask)[0])
