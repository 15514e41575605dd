"""Whether a page deserves another pass, and which of two readings of it is the better one."""

from collections.abc import Sequence
from typing import Final

from contracts.pages import Line

# Pages of a lower confidence are read again with quality `best`. Print that is read well has 0.99;
# of pages and receipts made small, all with a word F1 below 0.9 had 0.98 at the most.
_CONFIDENT: Final = 0.98
# Longer words in Latin letters are several that lost their spaces, and are read with confidence.
_LONGEST_WORD: Final = 20
_LATIN_ENDS: Final = "\u0250"
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
    return sum(
        (line.confidence - _GUESSED) * len(word)
        for line in lines
        for word in line.text.split()
        if len(word) <= _LONGEST_WORD or max(word) >= _LATIN_ENDS
    )
