"""Words that were divided at the end of a line, made whole."""

import re
from collections.abc import Sequence
from typing import Final

from layout.scripts import is_dense

# What divides a word at the end of a line: hyphen-minus, soft hyphen, hyphen, and what PDFium
# gives for a hyphen that a PDF says is one of division (U+FFFE, a non-character).
HYPHENS: Final = "-\u00ad\u2010\ufffe"
_OF_DIVISION: Final = "\u00ad\ufffe"  # they stand nowhere else
_WORD: Final = re.compile(r"[^\W\d_]+(?:[-\u2010][^\W\d_]+)*")
_LAST_PART: Final = re.compile(rf"([^\W\d_]+(?:[-\u2010][^\W\d_]+)*)[{HYPHENS}]$")
_FIRST_PART: Final = re.compile(r"[^\W\d_]+")
# First parts of compounds that keep their hyphen: nothing else divides after them as often.
_KEEP: Final = frozenset(
    [
        "self",
        "non",
        "well",
        "half",
        "high",
        "low",
        "long",
        "short",
        "full",
        "co",
        "ex",
        "all",
        "cross",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "much",
        "so",
        "state",
        "e",
        "x",
    ]
)
# pre- and post-war, Mutter- und Kind-Haus: nothing was divided.
_SHARED_WITH: Final = frozenset(
    ["and", "or", "to", "und", "oder", "bis", "et", "ou", "y", "e", "en", "of", "och", "og"]
)


def vocabulary_of(texts: Sequence[str]) -> frozenset[str]:
    """The words of a page as they stand within its lines, case folded; empty if it divides none."""
    if not any(text[-1:] in HYPHENS for text in texts if text):
        return frozenset()
    return frozenset(word for text in texts for word in _WORD.findall(text.casefold()))


def joined(above: str, below: str, vocabulary: frozenset[str]) -> str:
    """Two lines of one paragraph as one: with a space, or, where a word was divided, without."""
    last, first = above[-1:], below[:1]
    if len(above) > 1 and last in HYPHENS and above[-2].isalnum():
        return _made_whole(above, below, vocabulary)
    dense = last and first and is_dense(last) and is_dense(first)
    numbers = last == "\u2013" and first.isdigit() and above[-2:-1].isdigit()
    return f"{above}{below}" if dense or numbers else f"{above} {below}"


def _made_whole(above: str, below: str, vocabulary: frozenset[str]) -> str:
    if above[-1] in _OF_DIVISION:
        return above[:-1] + below
    part, rest = _LAST_PART.search(above), _FIRST_PART.match(below)
    if not below[:1].isalnum() or (rest and rest[0] in _SHARED_WITH):
        return f"{above} {below}"
    if part and rest and below[0].islower() and not _keeps(part[1], rest[0], vocabulary):
        return above[:-1] + below
    return above + below


def _keeps(part: str, rest: str, vocabulary: frozenset[str]) -> bool:
    """Whether the hyphen belongs to the word. What else the page says decides; else it goes."""
    part, rest = part.casefold(), rest.casefold()
    if f"{part}-{rest}" in vocabulary:
        return True
    if part + rest in vocabulary:
        return False
    return "-" in part or part in _KEEP
