"""What the characters of a text layer stand for: ligatures, hyphens, unmapped glyphs."""

import re
import string
import unicodedata
from typing import Final

# PDFium's mark for the hyphen at which a word is broken at the end of a line (fpdf_text.h), and a
# soft hyphen, which shows only there.
LINE_END_HYPHEN: Final = "\ufffe"
# Private codes that bullets of Symbol and Wingdings come with from word processors: what they show.
_BULLETS: Final = {
    "\uf0b7": "•", "\uf0a7": "▪", "\uf0a8": "▫", "\uf0d8": "➢", "\uf0fc": "✓", "\uf0e0": "→",
    "\uf06f": "□", "\uf071": "❑", "\uf076": "❖", "\uf02d": "-",
}  # fmt: skip
# What stands for no glyph: byte order marks, breaks without width, marks of direction, and soft
# hyphens. Joiners (U+200C, U+200D) change what is to be seen, and stay.
_SHOWS_NOTHING: Final = re.compile(
    "[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)
# Ligatures of Latin and Armenian, and the forms that Arabic and Hebrew letters take beside others:
# the text has the letters.
_PRESENTATION_FORMS: Final = re.compile("[\ufb00-\ufdff\ufe70-\ufefc]+")
# Controls, private use, surrogates without their half, and what is no character.
_UNMAPPED: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ue000-\uf8ff\ufffd-\uffff\U000f0000-\U0010ffff]"
    "|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]"
)
_PLAIN: Final = re.compile("[ -~]*")
_IDEOGRAPHS: Final = re.compile("[\u3100-\u9fff\uac00-\ud7a3]")


def unmapped_in(text: str) -> int:
    """How many characters say nothing about what is to be seen. `text`: UTF-16 units as PDFium
    tells them; a bullet that is known by its private code is none of them."""
    if _PLAIN.fullmatch(text) or text in _BULLETS:
        return 0
    return len(_UNMAPPED.findall(text))


def ideographs_in(text: str) -> int:
    """How many characters are as wide as they are high in every font."""
    return 0 if _PLAIN.fullmatch(text) else len(_IDEOGRAPHS.findall(text))


def cleaned(text: str) -> str:
    """The text of a word as people write it. `text`: UTF-16 units; may become empty."""
    if _PLAIN.fullmatch(text):
        return text
    if text in _BULLETS:
        return _BULLETS[text]
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    shown = _SHOWS_NOTHING.sub("", whole)
    return _PRESENTATION_FORMS.sub(lambda form: unicodedata.normalize("NFKC", form[0]), shown)


# Of the letters in a text of some length. English has 38 %, Polish 35, Finnish 50; acronyms and
# formulas have fewer, letters that stand for others (a font without its map) have any share.
_LEAST_VOWELS: Final = 0.12
_MOST_VOWELS: Final = 0.75
_ENOUGH_LETTERS: Final = 60
_LATIN: Final = string.ascii_letters.encode()
_VOWELS: Final = b"AEIOUYaeiouy"
# A capital or a sign between small letters: "th&qUick".
_TORN: Final = re.compile(r"[a-z][^\sA-Za-z0-9'.,/:@_\-\u0080-\uffff][a-z]|[a-z][A-Z][a-z]")
_MOST_TORN: Final = 0.3  # of the words


def looks_like_language(words: list[str]) -> bool:
    """Whether words in Latin letters can be words of some language; True for few letters, and for
    scripts of which we know nothing."""
    text = " ".join(words)
    # As bytes they are counted ten times as quickly.
    ascii_only = text.encode("ascii", "ignore")
    letters = len(ascii_only) - len(ascii_only.translate(None, _LATIN))
    if letters < _ENOUGH_LETTERS or letters < len(text) / 3:
        return True
    vowels = (len(ascii_only) - len(ascii_only.translate(None, _VOWELS))) / letters
    if not _LEAST_VOWELS <= vowels <= _MOST_VOWELS:
        return False
    if _TORN.search(text) is None:  # no match goes over a space
        return True
    return sum(_TORN.search(word) is not None for word in words) / len(words) <= _MOST_TORN
