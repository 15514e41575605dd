"""Which lines deserve a second, larger look, from what the first one read."""

import re
from dataclasses import dataclass
from typing import Final

from ocr_node.engines.line_words import LineWord

# Lines whose mean confidence is lower are read again. Of lines read right, 9 in 10 are above.
_CONFIDENT: Final = 0.98
# Fewer steps of the model for each character, and spaces between words get lost: condensed type.
_STEPS_PER_CHARACTER: Final = 1.4
# So many characters without a space are rarely a word; shorter texts say nothing of density.
_LONG_WORD: Final = 20
# ... and in a line that is read again anyway, so many.
_LONG_WORD_IN_DOUBT: Final = 14
_SHORT_TEXT: Final = 4
# A 1 or 0 among letters or at the end of a word stands for l, I or O more often than not.
_DIGIT_AS_LETTER: Final = re.compile(r"[^\W\d_][01][^\W\d_]|[a-z][01]\b|\b0[A-Z]{2}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What stands in a line. `confidence`: 0..1, the mean over its characters. `steps`: columns in
    which the model looked for a character. `words`: what stands between the spaces of `text`."""

    text: str
    confidence: float
    steps: int
    words: tuple[LineWord, ...] = ()


def is_doubtful(reading: Reading) -> bool:
    """Whether a small image of the line may have hidden something."""
    return (
        reading.confidence < _CONFIDENT
        or is_condensed(reading)
        or any(_is_odd(word) for word in reading.text.split())
    )


def is_condensed(reading: Reading) -> bool:
    """Whether letters stand so close that spaces between words get lost."""
    text = reading.text
    return len(text) >= _SHORT_TEXT and reading.steps < _STEPS_PER_CHARACTER * len(text)


def is_doubtful_word(word: LineWord) -> bool:
    """Whether it is a word that leaves doubt about its line."""
    return (
        word.confidence < _CONFIDENT or len(word.text) > _LONG_WORD_IN_DOUBT or _is_odd(word.text)
    )


def _is_odd(word: str) -> bool:
    return len(word) > _LONG_WORD or _DIGIT_AS_LETTER.search(word) is not None
