"""The lines of a page as upright boxes: what all rules of layout look at."""

import math
from collections.abc import Sequence
from statistics import median
from typing import Final, NamedTuple

from contracts.pages import Line, Polygon
from layout.scripts import is_written_downwards, is_written_leftwards

# Beyond this a line is no skewed one: it is a scribble, or a label that stands aslant.
_MAX_SKEW: Final = math.radians(15)
_QUARTER: Final = math.pi / 2
# A line counts as often as it has tens of letters, up to this: long lines know the angle best.
_MAX_WEIGHT: Final = 20
# The order of detection does not matter: what is left alike by all of this is alike.
_Key = tuple[float, float, float, str, Polygon, float]


class Box(NamedTuple):
    """A line's bounding box in the frame of a reader.

    px; rows go from the left (small x) to the right, and from the top (small y) down, whatever the
    page: it has been turned upright, one that is written leftwards is mirrored, and columns of
    vertical writing lie on their side.
    """

    line: Line
    text: str  # without line breaks and doubled spaces
    left: float
    right: float
    top: float
    bottom: float
    middle: float  # of its height
    height: float  # at least 1


class Frame(NamedTuple):
    """x' = xx * x + xy * y, y' = yx * x + yy * y: from px of the page to px of the frame."""

    xx: float
    xy: float
    yx: float
    yy: float
    is_downwards: bool = False  # vertical writing, laid on its side

    def box(self, line: Line) -> Box:
        xs = [x * self.xx + y * self.xy for x, y in line.polygon]
        ys = [x * self.yx + y * self.yy for x, y in line.polygon]
        top, bottom = min(ys), max(ys)
        return Box(
            line=line,
            text=" ".join(line.text.split()),
            left=min(xs),
            right=max(xs),
            top=top,
            bottom=bottom,
            middle=(top + bottom) / 2,
            height=max(bottom - top, 1.0),
        )


def frame_of(lines: Sequence[Line]) -> Frame:
    """The frame in which a reader sees these lines: see Box."""
    turn = _turn(lines)
    sine, cosine = math.sin(-turn), math.cos(-turn)
    upright = Frame(xx=cosine, xy=-sine, yx=sine, yy=cosine)
    if is_written_downwards(lines, upright_sides=_sides):
        # The right-most column is the first row.
        return Frame(
            xx=upright.yx, xy=upright.yy, yx=-upright.xx, yy=-upright.xy, is_downwards=True
        )
    if is_written_leftwards(lines):
        return upright._replace(xx=-upright.xx, xy=-upright.xy)
    return upright


def boxes_of(lines: Sequence[Line], frame: Frame) -> list[Box]:
    """The boxes from the top down; the same for any order of `lines`."""
    return sorted((frame.box(line) for line in lines), key=_key)


def _key(box: Box) -> _Key:
    return (box.middle, box.left, box.right, box.text, box.line.polygon, box.line.confidence)


def _sides(line: Line) -> tuple[float, float]:
    """(along the text as it is read if it is no column, across it), px."""
    (ax, ay), (bx, by), (cx, cy), _ = line.polygon
    return math.hypot(bx - ax, by - ay), math.hypot(cx - bx, cy - by)


def _turn(lines: Sequence[Line]) -> float:
    """The angle of the page's text in radians, clockwise: quarter turns and skew."""
    angles: list[tuple[float, int]] = []
    by_quarter = [0, 0, 0, 0]
    for line in lines:
        (left, top), (right, bottom), *_ = line.polygon
        angle = math.atan2(bottom - top, right - left)
        weight = min(1 + len(line.text) // 10, _MAX_WEIGHT)
        by_quarter[round(angle / _QUARTER) % 4] += weight
        angles.append((angle, weight))
    quarter = by_quarter.index(max(by_quarter)) * _QUARTER
    skews: list[float] = []
    for angle, weight in angles:
        skew = math.remainder(angle - quarter, 4 * _QUARTER)
        if abs(skew) < _MAX_SKEW:
            skews.extend([skew] * weight)
    return quarter + (median(skews) if skews else 0.0)
