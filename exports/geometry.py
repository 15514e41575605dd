"""Boxes, angles and baselines of lines and words. Coordinates are px, from the page's top left."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from contracts.pages import Point, Polygon

# An estimate, since no engine tells it: descenders take about a fifth of a line's height in most
# typefaces (2,048 units an em: 430 of Times, 434 of Arial, of about 2,250 from top to bottom).
_DESCENDERS: Final = 0.2


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """An upright rectangle in whole px, at least 1 x 1; `right` and `bottom` are exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def corners(self) -> Polygon:
        """Clockwise from the top left."""
        return (
            (self.left, self.top),
            (self.right, self.top),
            (self.right, self.bottom),
            (self.left, self.bottom),
        )


def inside_page(polygon: Polygon, *, width_px: int, height_px: int) -> Polygon:
    """The polygon with what reaches over the edges of the page moved onto them."""

    def moved(point: Point) -> Point:
        x, y = point
        return min(max(x, 0.0), float(width_px)), min(max(y, 0.0), float(height_px))

    first, second, third, fourth = polygon
    return moved(first), moved(second), moved(third), moved(fourth)


def box_of(polygon: Polygon, *, width_px: int, height_px: int) -> Box:
    """The smallest box around a polygon that lies inside the page."""
    left = min(math.floor(min(x for x, _ in polygon)), max(width_px - 1, 0))
    top = min(math.floor(min(y for _, y in polygon)), max(height_px - 1, 0))
    right = max(math.ceil(max(x for x, _ in polygon)), left + 1)
    bottom = max(math.ceil(max(y for _, y in polygon)), top + 1)
    return Box(left=left, top=top, right=right, bottom=bottom)


def box_around(boxes: Iterable[Box]) -> Box:
    """The smallest box that holds some others. Raises: ValueError for none."""
    lefts, tops, rights, bottoms = zip(
        *((box.left, box.top, box.right, box.bottom) for box in boxes), strict=True
    )
    return Box(left=min(lefts), top=min(tops), right=max(rights), bottom=max(bottoms))


def angle_of(polygon: Polygon) -> float:
    """By how many degrees the text is turned clockwise: -180 < angle <= 180."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = polygon
    # Both long sides: the mean direction of a trapezium.
    angle = math.degrees(math.atan2((by - ay) + (cy - dy), (bx - ax) + (cx - dx)))
    return 180.0 if angle == -180.0 else angle


def text_height(polygon: Polygon) -> float:
    """How high the text is across its direction, in px; the mean of both ends."""
    first, second, third, fourth = polygon
    return (math.dist(first, fourth) + math.dist(second, third)) / 2


def part_of(polygon: Polygon, start: float, end: float) -> Polygon:
    """What lies between two shares (0..1) of the polygon's length, from its left as it is read."""
    first, second, third, fourth = polygon
    return (
        between(first, second, start),
        between(first, second, end),
        between(fourth, third, end),
        between(fourth, third, start),
    )


def baseline_of(polygon: Polygon) -> tuple[Point, Point]:
    """The line on which the letters stand, estimated, from the text's left to its right."""
    first, second, third, fourth = polygon
    return between(fourth, first, _DESCENDERS), between(third, second, _DESCENDERS)


def is_upright_rectangle(polygon: Polygon, box: Box) -> bool:
    """Whether the box says all that the polygon says, to 1 px."""
    # A box reaches to whole px, up to 1 beyond its polygon on either axis.
    corners = zip(polygon, box.corners, strict=True)
    return all(math.dist(is_at, corner) < 1.5 for is_at, corner in corners)


def in_points(points: Iterable[Point]) -> str:
    """Points in whole px, as ALTO and PAGE write them: `x,y x,y`."""
    return " ".join(f"{round(x)},{round(y)}" for x, y in points)


def between(start: Point, end: Point, share: float) -> Point:
    """The point at a share (0..1) of the way."""
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])
