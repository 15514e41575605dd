"""Which characters a model may answer, by script: a page in a Latin script has no use for the
18,000 Chinese ones, and choosing among them costs a sixth of recognition."""

# ruff: noqa: RUF001 - letters that look alike are the point of it

from typing import Final

from contracts.languages import Script

# Basic Latin, Latin-1 and Latin Extended-A: all letters of the languages of script `latin` ...
_LATIN: Final = "".join(map(chr, range(0x21, 0x180)))
# ... but for these of Romanian, Azerbaijani, Kurdish and of transcriptions.
_LATIN_BEYOND: Final = "ȘșȚțƏəƒǍǎǏǐǑǒǓǔǕǖǗǘǙǚǛǜǦǧƠơƯưḂḃḊḋḞḟṀṁṖṗṠṡṪṫẀẁẂẃẄẅẼẽỲỳ"
_GREEK: Final = "".join(map(chr, [*range(0x391, 0x3CA), 0x3D1, 0x3D5, 0x3D6, 0x3F5]))
_PUNCTUATION: Final = "‐‑‒–—―‖‘’‚‛“”„‟†‡•‥…‰′″‹›※⁄"
_CURRENCY: Final = "₡₣₤₦₩₪₫€₭₱₲₴₵₸₹₺₼₽₿￥"
_SIGNS: Final = "℃℉ℓ№℗℠™Ω℮Å⅓⅔⅛⅜⅝⅞←↑→↓↔↕⇐⇒⇔⁰⁴⁵⁶⁷⁸⁹⁺⁻⁼ⁿ₀₁₂₃₄₅₆₇₈₉ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩⅪⅫ①②③④⑤⑥⑦⑧⑨⑩"
_MATHEMATICS: Final = "∀∂∃∅∆∇∈∉∋∏∑−∓∕∗∘∙√∝∞∟∠∥∧∨∩∪∫∮∴∵∼≃≅≈≠≡≤≥≪≫⊂⊃⊆⊇⊕⊗⊥⋅⌈⌉⌊⌋"
_SHAPES: Final = "─│┌┐└┘├┤┬┴┼█■□▪▫▲△▶▼▽◀◆◇○◎●◦★☆☐☑☒♀♂♠♣♥♦♪✓✔✕✖✗✘ﬀﬁﬂﬃﬄ"

_ALPHABETS: Final[dict[Script, frozenset[str]]] = {
    "latin": frozenset(
        _LATIN + _LATIN_BEYOND + _GREEK + _PUNCTUATION + _CURRENCY + _SIGNS + _MATHEMATICS + _SHAPES
    )
}


def alphabet_of(script: Script) -> frozenset[str] | None:
    """The characters of a script without the space, None for all that a model knows."""
    return _ALPHABETS.get(script)
