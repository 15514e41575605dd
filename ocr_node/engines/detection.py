"""Finding the lines of a page, at the size that its letters need."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_node.engines.effort import Effort
from ocr_node.engines.gutters import cut_at_gutters
from ocr_node.engines.long_pages import Part, parts_of
from ocr_node.engines.model_folder import DetectionOptions
from ocr_node.engines.network import Network
from ocr_node.engines.page_turn import angle_of, leaning
from ocr_node.engines.straight_view import StraightView
from ocr_node.engines.text_boxes import sides, text_boxes

# Longer side of what the first look sees, px: enough for the print of receipts and letters.
_FIRST_LOOK_PX: Final = 736
# ... and of what any look sees: memory and time stay bounded (docs/performance.md).
_LARGEST_LOOK_PX: Final = 1600
# Height of the boxes around the smaller lines, px as detection sees them: below it, boxes are not
# exact enough to cut lines out, and a second look is taken ...
_SMALL_BOX_PX: Final = 13.0
# ... at a size that makes most lines so high: where they are higher, the model takes lines of two
# columns for one, over a gutter as wide as they are high.
_GOOD_BOX_PX: Final = 15.0
# A quarter of the lines are smaller than "the smaller lines": footnotes count, dirt does not.
_SMALLER_LINES: Final = 0.25
# Print is of several sizes where a tenth of the lines are lower than this share of the line in the
# middle (heights in the first look are whole numbers of pixels, in steps of a quarter). Then the
# smaller lines are made so high.
_SMALLEST_LINES: Final = 0.1
_ONE_SIZE: Final = 0.7
# A second look that sees no more than this much more is not worth its time.
_LEAST_GAIN: Final = 1.15
# The same of effort "large": print of few pixels is enlarged; at 24 px nothing more is found.
_LARGE_BOX_PX: Final = 18.0
_LARGE_LOOK_PX: Final = 2400
# The one look of effort "once".
_ONLY_LOOK_PX: Final = 960
# Where the first look finds nothing at all on a page that was shrunk.
_BLANK_LOOK_PX: Final = 1280
# Pages turned by less are looked at as they lie: lines are cut out along their own slant.
_SKEWED_DEG: Final = 0.7
# Sides that the model takes are multiples of it.
_STRIDE_PX: Final = 32


@dataclass(frozen=True, kw_only=True)
class Found:
    """`boxes` around lines, each (4, 2): clockwise from the top left of what is seen when the page
    is turned straight, px of the page as it is. `angle_deg`: by how much its text is turned
    clockwise, -45 to 135: whether it stands on its head, detection cannot tell."""

    boxes: list[NDArray[np.float32]]
    angle_deg: float


class TextDetector:
    """The detection model and what stands around it."""

    def __init__(self, network: Network, options: DetectionOptions) -> None:
        self._network = network
        self._options = options
        deviation = np.array(options.deviation, np.float32)
        self._factor = np.float32(1 / 255) / deviation
        self._offset = np.array(options.mean, np.float32) / deviation

    def find(
        self, page: NDArray[np.uint8], *, effort: Effort, angle_deg: float | None = None
    ) -> Found:
        """Boxes around the lines of `page` (height, width, 3; blue, green, red).

        Small letters are looked at a second time, in a larger image; turned and skewed pages in one
        that is turned straight, unless `angle_deg` tells by how much the page is turned. Pages that
        are long and narrow are looked at in parts.
        """
        if parts := parts_of(page):
            return self._find_in(parts, effort=effort, angle_deg=angle_deg)
        first_px, most_px, good_px = _bounds(max(page.shape[:2]), effort)
        seen = StraightView(page, angle_deg or 0.0)
        boxes = self._look(seen, first_px)
        needed_px = _side_that_shows(
            boxes, first_px / max(page.shape[:2]), first_px, good_px=good_px
        )
        second_px = round(min(most_px, needed_px))
        if second_px <= _LEAST_GAIN * first_px:
            second_px = first_px
        if angle_deg is None:
            angle_deg = _angle_of_page(boxes)
            if angle_deg:
                return self.find(page, effort=effort, angle_deg=angle_deg)
        if second_px > first_px:
            boxes = self._look(seen, second_px)
        return Found(boxes=boxes, angle_deg=angle_of(boxes, near_deg=angle_deg))

    def free_unused(self) -> None:
        """Frees the memory that looks have put aside for those to come."""
        self._network.free_unused(height_px=_STRIDE_PX)

    def _find_in(self, parts: list[Part], *, effort: Effort, angle_deg: float | None) -> Found:
        looked_deg = angle_deg or 0.0
        boxes = []
        for part in parts:
            found = self.find(part.pixels, effort=effort, angle_deg=looked_deg)
            boxes += [box + np.array([part.left, part.top], np.float32) for box in found.boxes]
        if angle_deg is None and (angle_deg := _angle_of_page(boxes)):
            return self._find_in(parts, effort=effort, angle_deg=angle_deg)
        return Found(boxes=boxes, angle_deg=angle_of(boxes, near_deg=looked_deg))

    def _look(self, seen: StraightView, side_px: int) -> list[NDArray[np.float32]]:
        pixels = seen.pixels(side_px, multiple_of=_STRIDE_PX)
        height, width = pixels.shape[:2]
        # Channel by channel: an eighth of the time of turning the whole round.
        normal = np.empty((1, 3, height, width), np.float32)
        for place, channel in enumerate(cv2.split(pixels)):
            np.multiply(channel, self._factor[place], out=normal[0, place])
            normal[0, place] -= self._offset[place]
        (answer, *_) = self._network.run(normal)
        boxes = text_boxes(
            answer[0, 0], width_px=seen.width_px, height_px=seen.height_px, options=self._options
        )
        scale = np.array([width / seen.width_px, height / seen.height_px], np.float32)
        whole = cut_at_gutters(pixels, [box * scale for box in boxes])
        return [seen.on_the_page(np.round(box / scale)) for box in whole]


def _angle_of_page(boxes: list[NDArray[np.float32]]) -> float:
    """By how much the page is to be turned back before it is looked at again; 0 if it need not."""
    lean = leaning(boxes)
    angle_deg = lean.skew_deg if abs(lean.skew_deg) >= _SKEWED_DEG else 0.0
    return angle_deg + (90.0 if lean.on_its_side else 0.0)


def _bounds(longer_px: int, effort: Effort) -> tuple[int, float, float]:
    """The longer side, px, of the first look and of the largest one, and the height of boxes that
    is good enough, on a page whose longer side is `longer_px`."""
    match effort:
        case "once":
            only_px = min(_ONLY_LOOK_PX, longer_px)
            return only_px, only_px, _GOOD_BOX_PX
        case "twice":
            return min(_FIRST_LOOK_PX, longer_px), min(_LARGEST_LOOK_PX, longer_px), _GOOD_BOX_PX
        case "large":
            most_px = min(_LARGE_LOOK_PX, 2 * longer_px)
            return min(_FIRST_LOOK_PX, longer_px), most_px, _LARGE_BOX_PX


def _side_that_shows(
    boxes: list[NDArray[np.float32]], scale: float, side_px: int, *, good_px: float
) -> float:
    """The longer side, px, at which most lines are `good_px` high, on a page with print of several
    sizes the smaller ones; `side_px` if these are high enough."""
    if not boxes:
        return _BLANK_LOOK_PX
    heights_px = scale * np.array([min(sides(box)) for box in boxes])
    smallest_px, smaller_px, middle_px = map(
        float, np.quantile(heights_px, [_SMALLEST_LINES, _SMALLER_LINES, 0.5])
    )
    if smaller_px >= good_px * _SMALL_BOX_PX / _GOOD_BOX_PX:
        return side_px
    usual_px = middle_px if smallest_px >= _ONE_SIZE * middle_px else smaller_px
    return side_px * good_px / max(usual_px, 1.0)
