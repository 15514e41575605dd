"""Lines as an engine would find them on a page that was never drawn."""

import random
from typing import Final

from contracts.pages import Line, Word

_WORDS: Final = [
    "harbour",
    "water",
    "meter",
    "street",
    "letter",
    "number",
    "cellar",
    "people",
    "winter",
    "summer",
    "engine",
    "paper",
    "column",
    "during",
    "between",
    "reading",
    "because",
    "another",
    "several",
    "always",
]


def line(text: str, left: float, top: float, *, width: float = 0, height: float = 30) -> Line:
    """px; without a width, as wide as its letters are."""
    right = left + (width or 14 * len(text))
    bottom = top + height
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return Line(text=text, confidence=0.9, polygon=corners)


def prose(
    count: int, *, left: float, top: float, pitch: float = 45, first: int = 0, width: float = 420
) -> list[Line]:
    """Lines of one column, of one width, none like another: `first` is the first one's number."""
    lines = []
    for number in range(first, first + count):
        dice = random.Random(number)  # noqa: S311
        text = f"{' '.join(dice.sample(_WORDS, 3))} n{number}"
        lines.append(line(text, left, top + pitch * (number - first), width=width))
    return lines


def with_words(text: str, left: float, top: float, *, starts: dict[str, float]) -> Line:
    """A line that tells its words, 14 px a letter; those of `starts` begin there."""
    words = []
    at = left
    for word in text.split():
        at = starts.get(word, at)
        right = at + 14 * len(word)
        corners = ((at, top), (right, top), (right, top + 30), (at, top + 30))
        words.append(Word(text=word, confidence=0.9, polygon=corners))
        at = right + 14
    whole = line(text, left, top, width=at - 14 - left)
    return whole.model_copy(update={"words": tuple(words)})


def mirrored(drawn: Line, *, width: float = 1600) -> Line:
    """The line on a page of this width whose text goes the other way."""

    def turned(part: Line | Word) -> dict[str, object]:
        (left, top), (right, _), (_, bottom), _ = part.polygon
        left, right = width - right, width - left
        return {"polygon": ((left, top), (right, top), (right, bottom), (left, bottom))}

    words = tuple(word.model_copy(update=turned(word)) for word in drawn.words)
    return drawn.model_copy(update={**turned(drawn), "words": words})
