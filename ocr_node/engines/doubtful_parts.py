"""Of a line that leaves doubt, the parts that do: so much is read again, and put in its place."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ocr_node.engines.doubt import Reading, is_condensed, is_doubtful, is_doubtful_word
from ocr_node.engines.line_words import LineWord

# Parts that are together so large a share of a line are no cheaper than the line.
_NEARLY_ALL: Final = 0.75
# A part has so many letters at least, with words around those in doubt: single signs are guessed.
_LEAST_LETTERS: Final = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """Words `first` to `after` (not included) of a line, which stand between `left` and `right`,
    shares of its width: the middles of the gaps around them."""

    first: int
    after: int
    left: float
    right: float

    def box(self, line: NDArray[np.float32]) -> NDArray[np.float32]:
        """The part of the box `line` (4, 2; clockwise from the top left of the text)."""
        begins, ends = line[[0, 3]], line[[1, 2]]
        (upper_left, lower_left) = begins + (ends - begins) * np.float32(self.left)
        (upper_right, lower_right) = begins + (ends - begins) * np.float32(self.right)
        return np.array([upper_left, upper_right, lower_right, lower_left], np.float32)


def doubtful_parts(reading: Reading) -> list[Part]:
    """What to read again of a line, from left to right: nothing, or all of it in one part, or words
    that leave doubt, those beside each other together."""
    if not is_doubtful(reading):
        return []
    words = reading.words
    whole = Part(first=0, after=len(words), left=0.0, right=1.0)
    # In condensed type any space may be lost; what stands between two blanks could not be put back.
    if is_condensed(reading) or " ".join(word.text for word in words) != reading.text:
        return [whole]
    parts = list(_parts(words))
    if not parts or sum(part.right - part.left for part in parts) > _NEARLY_ALL:
        return [whole]
    return parts


def _parts(words: Sequence[LineWord]) -> Iterator[Part]:
    doubtful = [is_doubtful_word(word) for word in words]
    runs: list[tuple[int, int]] = []
    for number in range(len(words)):
        if not doubtful[number]:
            continue
        first, after = _with_context(words, number)
        if runs and first <= runs[-1][1]:
            runs[-1] = (min(first, runs[-1][0]), max(after, runs[-1][1]))
        else:
            runs.append((first, after))
    for first, after in runs:
        left, right = _between(words, first - 1), _between(words, after - 1)
        yield Part(first=first, after=after, left=left, right=right)


def _with_context(words: Sequence[LineWord], number: int) -> tuple[int, int]:
    """Word `number`, and words to its right and left by turns until they have enough letters."""
    first, after = number, number + 1
    letters = len(words[number].text)
    rightwards = True
    while letters < _LEAST_LETTERS and (first > 0 or after < len(words)):
        if (rightwards and after < len(words)) or first == 0:
            letters += len(words[after].text)
            after += 1
        else:
            first -= 1
            letters += len(words[first].text)
        rightwards = not rightwards
    return first, after


def _between(words: Sequence[LineWord], number: int) -> float:
    """The middle of the gap after word `number`; -1 is the beginning of the line."""
    if number < 0:
        return 0.0
    if number == len(words) - 1:
        return 1.0
    return (words[number].right + words[number + 1].left) / 2


def put_together(reading: Reading, parts: Sequence[tuple[Part, Reading]]) -> Reading:
    """The line of `reading` with what was read in its `parts`, which go from left to right."""
    (part, again), *others = parts
    if not others and (part.first, part.after) == (0, len(reading.words)):
        return again
    words: list[LineWord] = []
    done = 0
    for part, again in parts:
        words += reading.words[done : part.first]
        width = part.right - part.left
        words += [
            replace(word, left=part.left + width * word.left, right=part.left + width * word.right)
            for word in again.words
        ]
        done = part.after
    words += reading.words[done:]
    letters = sum(len(word.text) for word in words)
    return Reading(
        text=" ".join(word.text for word in words),
        confidence=sum(word.confidence * len(word.text) for word in words) / max(letters, 1),
        steps=reading.steps,
        words=tuple(words),
    )
