"""What an engine read, beside lines that are known without reading."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from contracts.pages import Line, Polygon, Word

# What stands by more than this share of its area on known lines is these lines once more; so is a
# word on known words by this share of its length: boxes that were found are larger than letters.
_SAME: Final = 0.5
# Lower words than that, in heights of what was read, are no part of it: print across a large word.
_PART: Final = 0.25

_Places = NDArray[np.float32]  # (polygons, 4, 2)


def with_known(read: Sequence[Line], known: Sequence[Line]) -> tuple[Line, ...]:
    """The known lines, and of those read what stands beside them: whole lines, or the words of a
    line that goes on where a known one ends. In any order."""
    if not known:
        return tuple(read)
    told = _Known(known)
    return (*known, *(piece for line in read for piece in told.beside(line)))


class _Known:
    """What a page's known lines say, and where."""

    def __init__(self, lines: Sequence[Line]) -> None:
        words = [word for line in lines for word in line.words or (line,)]
        self._lines = np.array([line.polygon for line in lines], np.float32)
        self._words = np.array([word.polygon for word in words], np.float32)
        self._texts = [word.text for word in words]

    def beside(self, line: Line) -> Iterator[Line]:
        """What is left of a line once the known ones are taken out of it: one piece, or one on
        either side of each of them."""
        if _covered(line.polygon, self._lines) > _SAME:
            return
        is_known = [self._says(word) for word in line.words]
        if not any(is_known):
            yield line
            return
        for taken, pairs in groupby(
            zip(is_known, line.words, strict=True), key=lambda pair: pair[0]
        ):
            if not taken:
                yield _line_of([word for _, word in pairs])

    def _says(self, word: Word) -> bool:
        """Whether known words say what this one does."""
        if _covered(word.polygon, self._lines) > _SAME:
            return True
        share, within = _along(np.array(word.polygon, np.float32), self._words)
        if share > _SAME:
            return True
        # The number beside a mark of a chart's legend: one word to the engine, and a long one.
        rest = word.text
        for index in within:
            rest = rest.replace(self._texts[index], "", 1)
        return rest != word.text and not any(map(str.isalnum, rest))


def _line_of(words: Sequence[Word]) -> Line:
    first, last = words[0].polygon, words[-1].polygon
    letters = sum(len(word.text) for word in words)
    return Line(
        text=" ".join(word.text for word in words),
        confidence=min(sum(word.confidence * len(word.text) for word in words) / letters, 1.0),
        polygon=(first[0], last[1], last[2], first[3]),
        words=tuple(words),
    )


def _covered(polygon: Polygon, known: _Places) -> float:
    """Which share of a polygon lies on others, which lie side by side."""
    place = np.array(polygon, np.float32)
    area = abs(cv2.contourArea(place))
    if area <= 0.0:
        return 0.0
    near = known[_near(place, known)]
    return sum(cv2.intersectConvexConvex(place, each)[0] for each in near) / area


def _along(place: NDArray[np.float32], known: _Places) -> tuple[float, list[int]]:
    """Over which share of a word's length known words stand that lie on it themselves, and which of
    them do. `place`: its polygon, (4, 2)."""
    right, down = place[1] - place[0], place[3] - place[0]
    length, height = float(np.hypot(*right)), float(np.hypot(*down))
    if not length or not height:
        return 0.0, []
    within, spans = [], []
    for index in np.flatnonzero(_near(place, known)).tolist():
        each = known[index]
        area = abs(cv2.contourArea(each))
        if cv2.intersectConvexConvex(place, each)[0] <= _SAME * area:
            continue
        across = (each - place[0]) @ down / height
        if np.ptp(across) >= _PART * height:
            along = (each - place[0]) @ right / length
            within.append(index)
            spans.append((max(float(along.min()), 0.0), min(float(along.max()), length)))
    covered, end = 0.0, 0.0
    for first, last in sorted(spans):
        covered += max(last - max(first, end), 0.0)
        end = max(end, last)
    return covered / length, within


def _near(place: NDArray[np.float32], known: _Places) -> NDArray[np.bool_]:
    """Which of them may touch it."""
    low, high = place.min(axis=0), place.max(axis=0)
    near: NDArray[np.bool_] = np.all((known.min(axis=1) < high) & (known.max(axis=1) > low), axis=1)
    return near
