"""How a word's characters stand on paper: what shares one place, how wide, from left to right."""

import unicodedata
from collections.abc import Iterator
from typing import Final

_RIGHT_TO_LEFT: Final = {"R", "AL"}
# Digits and Latin letters keep their direction in the middle of a right-to-left word.
_LEFT_TO_RIGHT: Final = {"L", "EN", "AN"}
# Part of a number where they stand between its digits (Unicode UAX 9: ES, CS, ET).
_WITHIN_NUMBERS: Final = {"ES", "CS", "ET", "NSM"}
RIGHT_TO_LEFT_MARK: Final = "\u200f"
_JOINERS: Final = "\u200c\u200d"
_VIRAMA: Final = 9  # canonical combining class: the next consonant joins this one


def is_right_to_left(text: str) -> bool:
    """Whether the first character with a direction runs from right to left."""
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction in _RIGHT_TO_LEFT:
            return True
        if direction == "L":
            return False
    return False


def has_right_to_left(text: str) -> bool:
    """Whether any character runs from right to left."""
    return any(unicodedata.bidirectional(each) in _RIGHT_TO_LEFT for each in text)


def printable(text: str) -> str:
    """The text without what has no place on paper: no controls, no marks of direction."""
    return "".join(
        each
        for each in text
        if each in _JOINERS or unicodedata.category(each) not in {"Cc", "Cf", "Cs"}
    )


def is_wide(cluster: str) -> bool:
    """Whether it takes a full em, as Han, kana and Hangul do, rather than half of one."""
    return unicodedata.east_asian_width(cluster[0]) in "WF"


def clusters(word: str) -> list[str]:
    """The parts of a word from left to right as they stand on paper.

    A base with its marks is one part, so is a conjunct of Indic consonants. Right-to-left words
    are turned around character by character, as writers of PDFs do: readers turn them back.
    """
    if has_right_to_left(word):
        return right_to_left_clusters(word)
    parts: list[str] = []
    for character in word:
        if parts and _joins(parts[-1], character):
            parts[-1] += character
        else:
            parts.append(character)
    return parts


def right_to_left_clusters(word: str) -> list[str]:
    """The characters of a right-to-left word, or of one between such, from left to right."""
    return [each for run in reversed(list(_runs(word))) for each in run]


def _joins(before: str, character: str) -> bool:
    if unicodedata.category(character)[0] == "M" or character in _JOINERS:
        return True
    last = before.rstrip(_JOINERS)[-1:]
    return (
        last != ""
        and unicodedata.combining(last) == _VIRAMA
        and unicodedata.category(character) == "Lo"
    )


def _runs(word: str) -> Iterator[str]:
    """Single characters, and numbers or Latin words as a whole, in logical order."""
    run = ""
    for index, character in enumerate(word):
        direction = unicodedata.bidirectional(character)
        follows = unicodedata.bidirectional(word[index + 1]) if index + 1 < len(word) else ""
        if direction in _LEFT_TO_RIGHT or (
            run and direction in _WITHIN_NUMBERS and follows in _LEFT_TO_RIGHT
        ):
            run += character
            continue
        if run:
            yield run
            run = ""
        yield character
    if run:
        yield run
