"""A page read as if it lay straight: which way up its text is, and then what it says."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contracts.pages import Line
from ocr_node.engines.detection import TextDetector
from ocr_node.engines.doubt import Reading
from ocr_node.engines.effort import Effort
from ocr_node.engines.page_lines import page_line
from ocr_node.engines.page_turn import normal_angle
from ocr_node.engines.recognition import LineReader
from ocr_node.engines.text_boxes import as_read, is_upright, sides, turned

# Text that stands on its head or runs the other way is read with a mean confidence of 0.50 to 0.67,
# upright text of the same pages with 0.93 to 0.99 (print and receipts, docs/performance.md). Above
# it nothing is tried, so that ordinary pages do not pay.
_SURE: Final = 0.8
# Lines that are read both ways to find out: the longest ones.
_TRIED_LINES: Final = 6
# The other way must be better by so much: noise reads the same both ways.
_BETTER_BY: Final = 0.05
# A box less than so many times higher than wide may hold one high letter.
_ONE_LETTER: Final = 3.0


@dataclass(frozen=True, kw_only=True)
class ReadPage:
    """`angle_deg`: by how much the text is turned clockwise, -180 < angle <= 180."""

    lines: tuple[Line, ...]
    angle_deg: float


class PageReader:
    """Detection, and recognition of a script (`lines`)."""

    def __init__(self, detector: TextDetector, lines: LineReader) -> None:
        self._detector = detector
        self.lines = lines

    def read(self, page: NDArray[np.uint8], *, effort: Effort) -> ReadPage:
        """Every line of `page` (height, width, 3; blue, green, red), polygons in its px."""
        found = self._detector.find(page, effort=effort)
        readings: list[Reading] | None = None
        boxes = [_likely(box) for box in found.boxes]
        # Of text on its side nobody knows as yet whether it runs downwards or upwards.
        if abs(found.angle_deg) <= 45:
            readings = self.lines.first(page, boxes, effort=effort)
        if (readings is None or _confidence(readings) < _SURE) and self._is_turned_round(
            page, boxes
        ):
            angle_deg = found.angle_deg + 180.0
            found = self._detector.find(page, effort=effort, angle_deg=angle_deg)
            boxes, readings = [_likely(box) for box in found.boxes], None
        if readings is None:
            readings = self.lines.first(page, boxes, effort=effort)
        for number, box in enumerate(found.boxes):
            if is_upright(box) and readings[number].confidence < _SURE:
                boxes[number], readings[number] = self._other_ways(
                    page, box, readings[number], effort
                )
        if effort == "twice":
            readings = self.lines.again(page, boxes, readings)
        height_px, width_px = page.shape[:2]
        lines = tuple(
            page_line(reading, box, width_px=width_px, height_px=height_px)
            for reading, box in zip(readings, boxes, strict=True)
            if reading.text.strip()
        )
        return ReadPage(lines=lines, angle_deg=round(normal_angle(found.angle_deg), 2))

    def _is_turned_round(
        self, page: NDArray[np.uint8], boxes: Sequence[NDArray[np.float32]]
    ) -> bool:
        """Whether the longest lines are read better when they are turned by 180 degrees."""
        tried = sorted(boxes, key=lambda box: sides(box)[0])[-_TRIED_LINES:]
        as_they_are = self.lines.first(page, tried, effort="once")
        other_way = self.lines.first(page, [turned(box, 2) for box in tried], effort="once")
        return _confidence(other_way) > _confidence(as_they_are) + _BETTER_BY

    def _other_ways(
        self, page: NDArray[np.uint8], box: NDArray[np.float32], reading: Reading, effort: Effort
    ) -> tuple[NDArray[np.float32], Reading]:
        """The best reading of a line that stands upright among level ones, and how it stands: it
        may run downwards or upwards, or be one high letter; `reading` took it for `_likely`."""
        known = [(_likely(box), reading)]
        ways = [turned(box, 3), *([turned(box, 1)] if _may_be_a_letter(box) else [])]
        tried = self.lines.first(page, ways, effort=effort)
        return max([*known, *zip(ways, tried, strict=True)], key=lambda way: way[1].confidence)


def _likely(box: NDArray[np.float32]) -> NDArray[np.float32]:
    """The corners of a box from the top left of its text on, as far as its shape tells."""
    return box if _may_be_a_letter(box) else as_read(box)


def _may_be_a_letter(box: NDArray[np.float32]) -> bool:
    along, across = sides(box)
    return across < _ONE_LETTER * along


def _confidence(readings: Sequence[Reading]) -> float:
    """The mean over lines, each weighted by its length; 1 where nothing is read."""
    weight = sum(reading.steps for reading in readings)
    return sum(each.confidence * each.steps for each in readings) / weight if weight else 1.0
