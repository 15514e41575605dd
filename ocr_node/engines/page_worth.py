"""Whether a page deserves another pass, and which of two readings of it is the better one."""

from collections.abc import Sequence
from typing import Final

from contracts.pages import Line

# Pages of a lower confidence are read again with quality `best`.
_CONFIDENT: Final = 0.97
# A character read with a confidence of less than it is worth less than none.
_GUESSED: Final = 0.5


def is_worth_another_pass(lines: Sequence[Line]) -> bool:
    """Whether a page was read with little confidence, or nothing was found on it."""
    characters = sum(len(line.text) for line in lines)
    sure = sum(line.confidence * len(line.text) for line in lines)
    return sure < _CONFIDENT * characters or not characters


def worth(lines: Sequence[Line]) -> float:
    """The more of it is read, and the surer, the more a reading is worth: the mean confidence
    alone would reward lines that are left out."""
    return sum((line.confidence - _GUESSED) * len(line.text) for line in lines)
