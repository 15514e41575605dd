"""Finding the lines of a page, at the size that its letters need."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_node.engines.model_folder import DetectionOptions
from ocr_node.engines.network import Network
from ocr_node.engines.text_boxes import text_boxes

# Longer side of what the first look sees, px: enough for the print of receipts and letters.
_FIRST_LOOK_PX: Final = 736
# ... and of what any look sees: memory and time stay bounded (docs/performance.md).
_LARGEST_LOOK_PX: Final = 1600
# Height of the boxes around the smaller lines, px as detection sees them: below it, boxes are not
# exact enough to cut lines out, and a second look is taken ...
_SMALL_BOX_PX: Final = 13.0
# ... at a size that makes them so high.
_GOOD_BOX_PX: Final = 15.0
# A quarter of the lines are smaller than "the smaller lines": footnotes count, dirt does not.
_SMALLER_LINES: Final = 0.25
# A second look that sees no more than this much more is not worth its time.
_LEAST_GAIN: Final = 1.15
# Where the first look finds nothing at all on a page that was shrunk.
_BLANK_LOOK_PX: Final = 1280
# Sides that the model takes are multiples of it.
_STRIDE_PX: Final = 32


class TextDetector:
    """The detection model and what stands around it."""

    def __init__(self, network: Network, options: DetectionOptions) -> None:
        self._network = network
        self._options = options
        deviation = np.array(options.deviation, np.float32)
        self._factor = np.float32(1 / 255) / deviation
        self._offset = np.array(options.mean, np.float32) / deviation

    def find(self, image: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """Boxes around the lines of `image` (height, width, 3; blue, green, red): see text_boxes.

        Small letters are looked at a second time, in a larger image.
        """
        longer_px = max(image.shape[:2])
        first_px = min(_FIRST_LOOK_PX, longer_px)
        boxes = self._look(image, first_px)
        second_px = min(
            longer_px, _LARGEST_LOOK_PX, _side_that_shows(boxes, first_px / longer_px, first_px)
        )
        return self._look(image, second_px) if second_px > _LEAST_GAIN * first_px else boxes

    def _look(self, image: NDArray[np.uint8], side_px: int) -> list[NDArray[np.float32]]:
        height_px, width_px = image.shape[:2]
        scale = side_px / max(height_px, width_px)
        height, width = (
            max(_STRIDE_PX, round(size * scale / _STRIDE_PX) * _STRIDE_PX)
            for size in (height_px, width_px)
        )
        seen = image
        if (height, width) != (height_px, width_px):
            # Bilinear from the nearest pixels would skip strokes in what is shrunk by more.
            how = cv2.INTER_AREA if scale < 0.75 else cv2.INTER_LINEAR
            seen = cv2.resize(image, (width, height), interpolation=how)
        # Channel by channel: an eighth of the time of turning the whole round.
        normal = np.empty((1, 3, height, width), np.float32)
        for place, channel in enumerate(cv2.split(seen)):
            np.multiply(channel, self._factor[place], out=normal[0, place])
            normal[0, place] -= self._offset[place]
        (answer, *_) = self._network.run(normal)
        return text_boxes(
            answer[0, 0], width_px=width_px, height_px=height_px, options=self._options
        )


def _side_that_shows(boxes: list[NDArray[np.float32]], scale: float, side_px: int) -> float:
    """The longer side, px, at which the smaller lines are high enough; `side_px` if they are."""
    if not boxes:
        return _BLANK_LOOK_PX
    heights = [
        min(float(np.linalg.norm(box[0] - box[3])), float(np.linalg.norm(box[0] - box[1])))
        for box in boxes
    ]
    smaller_px = scale * float(np.quantile(heights, _SMALLER_LINES))
    if smaller_px >= _SMALL_BOX_PX:
        return side_px
    return side_px * _GOOD_BOX_PX / max(smaller_px, 1.0)
