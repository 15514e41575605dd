"""Lines of two columns that detection took for one, cut where their gutter runs.

The model joins what is as near as a line is high, and the gutter of many a print is no wider. That
no word crosses it, in one row after the other, tells it from the spaces between words.
"""

from itertools import pairwise
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_node.engines.runs import runs_of

# A gutter is at least so many line heights wide, and runs through so many wide boxes that follow
# each other. Spaces of print in one width fall on each other by chance, but not in so many rows; in
# tables, logs and lines that repeat they do, in more places than columns of text have.
_LEAST_HEIGHTS: Final = 0.35
_ROWS: Final = 8
_MOST_GUTTERS: Final = 2
# What is cut has so many line heights on each side of it: an item's number, or a page's number in a
# list of contents, stays with its line.
_SIDE_HEIGHTS: Final = 8.0
# Rows follow each other within so many line heights, and lie straight within this share of one.
_NEXT_HEIGHTS: Final = 2.5
_STRAIGHT: Final = 0.35
# Of a line's strongest contrast, what paper may have; of its height, what is looked at (lines above
# and below reach into the box).
_PAPER: Final = 0.3
_LOOKED_AT: Final = 0.8

_Box = NDArray[np.float32]
_Strip = tuple[int, int]  # px of the page: the first column of pixels, and that after the last


class _Row(NamedTuple):
    """A wide box. `paper`: for each column of pixels of the page, whether it is paper within the
    box; `inner`: where a gutter may be; `follows`: whether it does the row before."""

    place: int
    paper: NDArray[np.bool_]
    inner: _Strip
    follows: bool


def cut_at_gutters(pixels: NDArray[np.uint8], boxes: list[_Box]) -> list[_Box]:
    """The boxes, those cut in two or more through which a gutter runs.

    `pixels` (height, width, 3): a page whose text lies straight; `boxes`, each (4, 2): clockwise
    from the top left, px of it.
    """
    if len(boxes) < _ROWS:
        return boxes
    every = np.stack(boxes)
    heights = (every[:, 2:, 1] - every[:, 1::-1, 1]).mean(axis=1)
    is_wide = (
        (heights > 0)
        & (np.ptp(every[:, :, 0], axis=1) > 2 * _SIDE_HEIGHTS * heights)
        & (np.abs(every[:, 1, 1] - every[:, 0, 1]) < _STRAIGHT * heights)
    )
    middles = every[:, :, 1].mean(axis=1)
    wide = [place for place in np.argsort(middles, kind="stable").tolist() if is_wide[place]]
    if len(wide) < _ROWS:
        return boxes
    height = float(np.median(heights[wide]))
    apart = np.diff(middles[wide], prepend=-np.inf)
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    rows = [
        _row(
            place, grey, every[place], float(heights[place]), follows=away <= _NEXT_HEIGHTS * height
        )
        for place, away in zip(wide, apart.tolist(), strict=True)
    ]
    gutters = _gutters(rows, max(round(_LEAST_HEIGHTS * height), 2))
    cut = {
        row.place: _pieces(boxes[row.place], found)
        for row, found in zip(rows, gutters, strict=True)
        if found
    }
    return [piece for place, box in enumerate(boxes) for piece in cut.get(place, [box])]


def _row(place: int, grey: NDArray[np.uint8], box: _Box, height: float, *, follows: bool) -> _Row:
    paper = np.zeros(grey.shape[1], np.bool_)
    middle = float(box[:, 1].mean())
    top, bottom = (int(middle + side * _LOOKED_AT * height / 2) for side in (-1, 1))
    left, right = max(int(box[:, 0].min()), 0), int(box[:, 0].max()) + 1
    part = grey[max(top, 0) : bottom + 1, left:right]
    if part.size:
        usual = int(np.bincount(part.ravel(), minlength=256).argmax())
        ink = cv2.absdiff(part, np.full_like(part, usual)).max(axis=0)
        strong = np.partition(ink, -1 - len(ink) // 10)[-1 - len(ink) // 10]
        paper[left : left + len(ink)] = ink < _PAPER * strong
    side = int(_SIDE_HEIGHTS * height)
    return _Row(place, paper, (left + side, right - side), follows)


def _gutters(rows: list[_Row], least_px: int) -> list[list[_Strip]]:
    """Of each row, where it is to be cut."""
    found: list[list[_Strip]] = [[] for _ in rows]
    for first in range(len(rows) - _ROWS + 1):
        window = rows[first : first + _ROWS]
        if not all(row.follows for row in window[1:]):
            continue
        strips = _strips(np.logical_and.reduce([row.paper for row in window]), least_px)
        if len(strips) > _MOST_GUTTERS:
            continue
        for strip in strips:
            if all(_is_inner(strip, row) for row in window):
                for place in range(first, first + _ROWS):
                    _note(found[place], strip)
    # A gutter goes on, upwards and downwards, where fewer rows are left.
    numbers = range(len(rows))
    for before, here in (*pairwise(numbers), *pairwise(reversed(numbers))):
        if rows[max(before, here)].follows:
            for strip in found[before]:
                if rows[here].paper[slice(*strip)].all() and _is_inner(strip, rows[here]):
                    _note(found[here], strip)
    return found


def _is_inner(strip: _Strip, row: _Row) -> bool:
    return row.inner[0] <= strip[0] and strip[1] <= row.inner[1]


def _strips(paper: NDArray[np.bool_], least_px: int) -> list[_Strip]:
    """Where so many columns of pixels side by side are paper."""
    return [(first, last) for first, last in runs_of(paper).tolist() if last - first >= least_px]


def _note(gutters: list[_Strip], strip: _Strip) -> None:
    """What is seen of one gutter from several rows is narrower from each: all see its middle."""
    for place, (first, last) in enumerate(gutters):
        if strip[0] < last and first < strip[1]:
            gutters[place] = max(first, strip[0]), min(last, strip[1])
            return
    gutters.append(strip)


def _pieces(box: _Box, gutters: list[_Strip]) -> list[_Box]:
    top_left, top_right, bottom_right, bottom_left = box

    def at(x: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The box's upper and lower edge there."""
        share = (x - top_left[0]) / max(top_right[0] - top_left[0], 1.0)
        return (
            top_left + share * (top_right - top_left),
            bottom_left + share * (bottom_right - bottom_left),
        )

    pieces = []
    upper, lower = top_left, bottom_left
    for first, last in sorted(gutters):
        if first - upper[0] < _SIDE_HEIGHTS * (lower[1] - upper[1]):
            continue  # the same one, as other rows saw it
        # Boxes reach beyond their letters a little.
        quarter = (last - first) / 4
        end, begin = at(first + quarter), at(last - quarter)
        pieces.append(np.array([upper, end[0], end[1], lower], np.float32))
        upper, lower = begin
    pieces.append(np.array([upper, top_right, bottom_right, lower], np.float32))
    return pieces
