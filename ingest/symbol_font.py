"""Adobe's Symbol encoding, in which word processors write Greek letters, signs and bullets: their
PDFs name such glyphs by private codes, U+F000 and the code in the font."""

from typing import Final

_FIRST: Final = 0x20
# ISO 32000-1, annex D.5; what has no character of its own (pieces of brackets, trademarks without
# serifs) is left out as a space.
# ruff: noqa: RUF001 - it is about signs that look like others
_TABLE: Final = (
    " !∀#∃%&∋()∗+,−./0123456789:;<=>?"
    "≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_"
    " αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼ "
    "                                "
    "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…  ↵"
    "ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇   ∏√⋅¬∧∨⇔⇐⇑⇒⇓"
    "◊〈   ∑           〉∫             "
)


def in_symbol(character: str) -> str | None:
    """What a private code shows in the font Symbol; None if it is no such code, or shows nothing
    that has a character."""
    code = ord(character) - 0xF000
    if not _FIRST <= code < _FIRST + len(_TABLE):
        return None
    shown = _TABLE[code - _FIRST]
    return shown if shown != " " else None
