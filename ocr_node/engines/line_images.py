"""Lines cut out of a page, upright, in the height that recognition sees."""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_node.engines.text_boxes import sides

# Recognition halves a line's width three times; less leaves nothing to read.
_LEAST_WIDTH_PX: Final = 16
# PaddleOCR's bound (OCRReisizeNormImg.max_imgW).
_MOST_WIDTH_PX: Final = 3200
# Below it, pixels would be skipped: the line is first made smaller by averaging.
_SKIPS_BELOW: Final = 0.6
_MARGIN_PX: Final = 2


def line_image(
    page: NDArray[np.uint8], box: NDArray[np.float32], *, height_px: int, stretch: float
) -> NDArray[np.uint8]:
    """The line in `box` (4, 2; clockwise from the top left of the text as it is read, px of
    `page`), turned level.

    Returns shape (height_px, width, 3). `stretch`: the width by the line's natural one at that
    height. Cut, turned and scaled in one step: PaddleOCR takes two, and smooths twice.
    """
    along, across = sides(box)
    width_px = math.ceil(height_px * along / across * stretch)
    width_px = min(max(width_px, _LEAST_WIDTH_PX), _MOST_WIDTH_PX)
    low = np.maximum(np.floor(box.min(axis=0)).astype(int) - _MARGIN_PX, 0)
    high = np.ceil(box.max(axis=0)).astype(int) + _MARGIN_PX
    around = page[low[1] : high[1], low[0] : high[0]]
    if around.size == 0:  # a box on the very edge
        return np.full((height_px, width_px, 3), 255, np.uint8)
    source = (box[:3] - low).astype(np.float32)
    scale = min(width_px / along, height_px / across)
    if scale < _SKIPS_BELOW:
        size = [max(1, round(side * scale)) for side in around.shape[1::-1]]
        shares = np.array(size, np.float32) / around.shape[1::-1]
        around = cv2.resize(around, size, interpolation=cv2.INTER_AREA)
        source *= shares.astype(np.float32)
    target = np.array([[0, 0], [width_px, 0], [width_px, height_px]], np.float32)
    return cv2.warpAffine(  # type: ignore[no-any-return]
        around,
        cv2.getAffineTransform(source, target),
        (width_px, height_px),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
