"""Where the words of a line stand: told by the model's own steps, made exact by the ink."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

# What the model sees of a line in one step, px of the line's image.
STEP_PX: Final = 8
# The middle of a character is by so much left of the middle of its steps (measured on generated
# lines in two fonts, at both heights: 1.7 to 2.3 px).
_LATE_PX: Final = 2
# A column holds ink if its darkest and lightest pixel differ by this share of the most that they
# differ anywhere in the line.
_INK: Final = 0.2
# Rows at the top and at the bottom, of all rows: what reaches into them is the next line's.
_OUTER_ROWS: Final = 0.1


@dataclass(frozen=True, kw_only=True, slots=True)
class LineWord:
    """A word of a line. `left`, `right`: shares of the width of the line's image, 0..1."""

    text: str
    confidence: float
    left: float
    right: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Steps:
    """What the model saw where: of each character of a line its text, the first and the last of
    the steps that it spans, and its probability."""

    characters: Sequence[str]
    first: Sequence[int]
    last: Sequence[int]
    shares: Sequence[float]


def line_words(steps: Steps, line: NDArray[np.uint8]) -> tuple[LineWord, ...]:
    """The words between the spaces of a line, of which `line` (height, width, 3) is the image.

    A word ends where the paper begins, in the widest gap between the middles of its last letter
    and of the next word's first; where there is no gap (underlined type), at the step of the space.
    """
    found = list(spans(steps.characters))
    if not found:
        return ()
    width_px = line.shape[1]
    gaps = _gaps(line)
    lefts = [_outer(gaps, 0, _start(steps, found[0][0]))]
    rights = []
    for (_, end), (start, _) in pairwise(found):
        low = (_start(steps, end - 1) + _end(steps, end - 1)) // 2
        high = (_start(steps, start) + _end(steps, start)) // 2
        left, right = _widest(gaps, low, high) or (_start(steps, end), _end(steps, start - 1))
        rights.append(left)
        lefts.append(right)
    rights.append(_outer(gaps, width_px, _end(steps, found[-1][1] - 1)))
    return tuple(
        LineWord(
            text="".join(steps.characters[start:end]),
            confidence=sum(steps.shares[start:end]) / (end - start),
            left=min(max(left, 0), width_px - 1) / width_px,
            right=min(max(right, left + 1), width_px) / width_px,
        )
        for (start, end), left, right in zip(found, lefts, rights, strict=True)
    )


def spans(characters: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where words are: the numbers of their first characters, and of those after their last."""
    start: int | None = None
    for number, character in enumerate(characters):
        if character.isspace():
            if start is not None:
                yield start, number
            start = None
        elif start is None:
            start = number
    if start is not None:
        yield start, len(characters)


def _start(steps: Steps, number: int) -> int:
    return steps.first[number] * STEP_PX - _LATE_PX


def _end(steps: Steps, number: int) -> int:
    return (steps.last[number] + 1) * STEP_PX - _LATE_PX


def _gaps(line: NDArray[np.uint8]) -> list[tuple[int, int]]:
    """Runs of columns without ink: the first one, and the one after the last, from the left."""
    outer = int(line.shape[0] * _OUTER_ROWS)
    # One of the three colours tells ink from paper as well as all, in a third of the time.
    rows = line[outer : line.shape[0] - outer, :, 1]
    contrast = rows.max(axis=0) - rows.min(axis=0)
    paper = np.zeros(line.shape[1] + 2, np.int8)
    paper[1:-1] = contrast < _INK * float(contrast.max())
    changes = np.flatnonzero(paper[1:] != paper[:-1]).tolist()
    return list(zip(changes[::2], changes[1::2], strict=True))


def _widest(gaps: list[tuple[int, int]], low: int, high: int) -> tuple[int, int] | None:
    """The widest gap between columns `low` and `high`."""
    inside = [gap for gap in gaps if low < gap[1] and gap[0] < high]
    return max(inside, key=lambda gap: gap[1] - gap[0], default=None)


def _outer(gaps: list[tuple[int, int]], edge: int, letter: int) -> int:
    """Where the ink of a line begins or ends, if its outer letter does at about `letter`: the other
    end of the gap at `edge`, but no further in than the letter."""
    for left, right in gaps:
        if edge == 0 and left == 0:
            return min(right, max(letter, 0) + STEP_PX)
        if edge > 0 and right == edge:
            return max(left, min(letter, edge) - STEP_PX)
    return edge
