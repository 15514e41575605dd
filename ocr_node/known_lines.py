"""What an engine read, beside lines that are known without reading."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from contracts.pages import Line, Polygon, Word

# What stands by more than this share of its area on known lines is these lines once more.
_SAME: Final = 0.5


def with_known(read: Sequence[Line], known: Sequence[Line]) -> tuple[Line, ...]:
    """The known lines, and of those read what stands beside them: whole lines, or the words of a
    line that goes on where a known one ends. In any order."""
    if not known:
        return tuple(read)
    places = np.array([line.polygon for line in known], np.float32)
    return (*known, *(piece for line in read for piece in _beside(line, places)))


def _beside(line: Line, known: NDArray[np.float32]) -> Iterator[Line]:
    """What is left of a line once the known ones are taken out of it: one piece, or one on either
    side of each of them."""
    if _covered(line.polygon, known) > _SAME:
        return
    is_known = [_covered(word.polygon, known) > _SAME for word in line.words]
    if not any(is_known):
        yield line
        return
    for taken, pairs in groupby(zip(is_known, line.words, strict=True), key=lambda pair: pair[0]):
        if not taken:
            yield _line_of([word for _, word in pairs])


def _line_of(words: Sequence[Word]) -> Line:
    first, last = words[0].polygon, words[-1].polygon
    letters = sum(len(word.text) for word in words)
    return Line(
        text=" ".join(word.text for word in words),
        confidence=min(sum(word.confidence * len(word.text) for word in words) / letters, 1.0),
        polygon=(first[0], last[1], last[2], first[3]),
        words=tuple(words),
    )


def _covered(polygon: Polygon, known: NDArray[np.float32]) -> float:
    """Which share of a polygon lies on polygons of shape (lines, 4, 2), which lie side by side."""
    place = np.array(polygon, np.float32)
    area = abs(cv2.contourArea(place))
    if area <= 0.0:
        return 0.0
    low, high = place.min(axis=0), place.max(axis=0)
    near = (known.min(axis=1) < high).all(axis=1) & (known.max(axis=1) > low).all(axis=1)
    return sum(cv2.intersectConvexConvex(place, each)[0] for each in known[near]) / area
