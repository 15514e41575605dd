"""Text as XML, hOCR and tables can carry it, whatever an engine or a text layer put into it."""

import re
import unicodedata
from typing import Final

# XML 1.0 forbids the C0 controls, lone surrogates, U+FFFE and U+FFFF; the C1 controls and U+FEFF
# are leftovers of wrong decoding. hOCR forbids marks of direction (it has `dir` for that), and the
# other formats have attributes for it too. U+200C and U+200D stay: Persian and Hindi are spelled
# with them; and so does U+00AD, which is a hyphen.
_NOT_TEXT: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff"
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def cleaned(text: str) -> str:
    """One line of text: white space is single spaces, and nothing is left that a file cannot hold.

    May be empty.
    """
    return " ".join(_NOT_TEXT.sub("", " ".join(text.split())).split())


def is_right_to_left(text: str) -> bool:
    """Whether more letters are of a script that is read from the right than of others."""
    directions = [unicodedata.bidirectional(character) for character in text]
    rightwards = directions.count("L")
    return directions.count("R") + directions.count("AL") > rightwards
