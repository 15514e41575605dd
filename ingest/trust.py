"""Whether a page's text layer can be trusted: a decision about measured facts.

- *Hidden words* (render mode "invisible", or beneath a picture of the whole page) are what somebody
  else's OCR has laid under a scan. They are never trusted: how good they are shows only when the
  scan is read again, for bad OCR stands on the ink and looks like language too. Who knows that the
  layer is good asks for mode `text`, which takes it as it is.
- *Words without ink* under them are left out. White or transparent ones are nobody's loss; if there
  are many others, the text is not where the ink is, and the layer as a whole is not trusted.
- *Unmapped glyphs* have no meaning in the file, only a look. Words with such are read
  while the others are known; if there are many, all is read.
- *A page that is mostly a picture with some text* is read as a whole.
- What is left is trusted; where pictures, or shapes like words that no word covers, may hold more
  text, the page is read beside it.
"""

from dataclasses import dataclass
from typing import Final, Literal

# Of the characters of what is to be seen; formulas and bullets have some in most documents.
_MOST_UNMAPPED: Final = 0.15
# A sign by itself without a meaning (a bullet, a bracket of a formula) in so many characters is not
# worth a reading, and is left out.
_CHARS_A_SIGN: Final = 500
# Of the words that should be seen; a clipped word here and there is common.
_LEAST_ON_INK: Final = 0.8
# A page of which pictures cover so much, ...
_MOSTLY_PICTURE: Final = 0.5
# ... with less than a short paragraph beside or upon them: stamps, captions, page numbers.
_SOME_CHARS: Final = 300
# Shapes like words that no word explains: charts and logos have a few, text in outlines has lines.
_FEW_SHAPES: Final = 4
_SHAPES_OF_WORDS: Final = 0.08
# Steps of a short word at 50 dpi.
_FEW_STEPS: Final = 40

Choice = Literal["text_layer", "ocr", "both", "blank"]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What was measured of a page.

    `any_ink`: whether it shows anything. Of its words, off-page ones left out: `hidden`; `on_ink`;
    `off_ink`, those that are neither hidden nor painted like paper; `unmapped`, those on ink of
    which some glyph is; `torn`, those of them that have other glyphs beside it; `chars` and
    `unmapped_chars` of all that are not hidden. `like_language`: of the mapped ones.
    `stray_shapes`, `picture_share`, `picture_steps`: see ingest.page_ink.
    """

    any_ink: bool
    hidden: int = 0
    on_ink: int = 0
    off_ink: int = 0
    unmapped: int = 0
    torn: int = 0
    chars: int = 0
    unmapped_chars: int = 0
    like_language: bool = True
    stray_shapes: int = 0
    picture_share: float = 0.0
    picture_steps: int = 0


def decide(facts: Facts) -> Choice:
    """What to do with the page in mode `auto`."""
    if not facts.any_ink:
        return "blank"
    known = facts.on_ink - facts.unmapped
    if known <= 0 or not facts.like_language:
        return "ocr"
    if facts.unmapped_chars > _MOST_UNMAPPED * facts.chars:
        return "ocr"
    if facts.on_ink < _LEAST_ON_INK * (facts.on_ink + facts.off_ink):
        return "ocr"
    if facts.picture_share > _MOSTLY_PICTURE and facts.chars < _SOME_CHARS:
        return "ocr"
    # A layer of OCR with something visible beside it, a stamp say.
    unread = (
        facts.hidden > known
        or facts.torn > 0
        or facts.unmapped * _CHARS_A_SIGN > facts.chars
        or facts.picture_steps > _FEW_STEPS
        or facts.stray_shapes > max(_FEW_SHAPES, _SHAPES_OF_WORDS * known)
    )
    return "both" if unread else "text_layer"
