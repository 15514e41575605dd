"""What an item of a list begins with: a bullet, a number, a letter."""

import re
from typing import Final, Literal, NamedTuple

Kind = Literal["bullet", "dash", "number", "letter"]

# Nothing else begins with these.
_BULLETS: Final = "•●○◦▪■□▸►‣\u2043∙·➢➤✓✔❖♦"
_BULLET: Final = re.compile(rf"^([{_BULLETS}])\s*(?=\S)")
# These may begin anything: signs that bullets are misread as, too.
_DASH: Final = re.compile(r"^([-\u2013*+o»>])\s+(?=\S)")
_NUMBER: Final = re.compile(r"^(\(?)(\d{1,3})([.)])\s+(?=\S)")
_LETTER: Final = re.compile(r"^(\(?)([a-z]|[ivx]{2,4})([.)])\s+(?=\S)", re.IGNORECASE)
_ALONE: Final = re.compile(
    rf"^(?:[{_BULLETS}\-\u2013*+o]|\(?(?:\d{{1,3}}|[a-z])[.)])$", re.IGNORECASE
)


class Marker(NamedTuple):
    """`style`: what markers of one list have in common; `order`: of this one in it, 0 if none.
    `told`: what it was printed as; `rest`: what follows."""

    kind: Kind
    style: str
    order: int
    told: str
    rest: str


def marker_of(text: str) -> Marker | None:
    """The marker that a row begins with, or None."""
    if len(text) > 2 and text[:3].isalpha():
        return None  # most rows begin with a word
    if found := _BULLET.match(text) or _DASH.match(text):
        kind: Kind = "bullet" if found[1] in _BULLETS else "dash"
        return Marker(kind, found[1], 0, found[1], text[found.end() :])
    if found := _NUMBER.match(text):
        style, order = found[1] + found[3], int(found[2])
        return Marker("number", style, order, found[0].strip(), text[found.end() :])
    if found := _LETTER.match(text):
        letters = found[2]
        style = found[1] + ("A" if letters.isupper() else "a") + found[3]
        order = ord(letters.lower()) - ord("a") + 1 if len(letters) == 1 else 0
        return Marker("letter", style, order, found[0].strip(), text[found.end() :])
    return None


def is_only_a_marker(text: str) -> bool:
    """A marker that was found as a line of its own."""
    return _ALONE.match(text) is not None
