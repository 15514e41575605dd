"""What engines find, in the words of contracts.pages."""

from collections.abc import Iterable, Sequence

from contracts.pages import Point


def share(score: float) -> float:
    """A confidence, 0..1."""
    return round(min(max(float(score), 0.0), 1.0), 6)


def polygon(corners: Iterable[Sequence[float]]) -> tuple[Point, Point, Point, Point]:
    """Four corners, px."""
    a, b, c, d = ((float(x), float(y)) for x, y in corners)
    return a, b, c, d
