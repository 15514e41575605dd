"""The operators that lay a page's words on its ink, invisibly, in few bytes."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from contracts.pages import Line
from exports.pdf_font import GlyphlessFont, width_of
from exports.pdf_geometry import Affine, number
from exports.pdf_glyphless import UPRIGHT, Face
from exports.pdf_words import PlacedWord, placed_words

# Below this, a word is laid straight: readers that sort by lines (poppler: half a point) would
# take the characters of a slanted one for words of their own.
_STRAIGHT_PT: Final = 0.45
# So is one that rises or falls by no more than this share of its height: its box is nearer to its
# ink then than that of a slanted one, which poppler knows from its start alone.
_STRAIGHT: Final = 0.3
# Of its length, for right-to-left words: told as what they are (ActualText), poppler and PDFium
# turn them around once more.
_STRAIGHT_RIGHT_TO_LEFT: Final = 0.35
# Of their height, how far apart in height PDFium may take words for those of one line; at 0.6, six
# lines of a page that was skewed by 1.9 degrees were mixed with others.
_ONE_LINE: Final = 1.0
_APART: Final = 2  # sizes of the font
# Deviations from the word before that nobody sees; to say so costs bytes.
_SAME_HEIGHT_PX: Final = 1.5
_SAME_BASELINE_PX: Final = 1.0


def text_layer(
    lines: Iterable[Line], *, px_to_page: Affine, font: GlyphlessFont, names: Mapping[Face, str]
) -> tuple[bytes, frozenset[Face]]:
    """A content stream that leaves the graphics state as it was, and the faces in it, by whose
    `names` the page's resources know them; empty without words.

    Coordinates are whole px of the page's image: the first operator maps them to the page.
    """
    pt_a_px = math.sqrt(abs(px_to_page.a * px_to_page.d - px_to_page.b * px_to_page.c))
    pen = _Pen(font, names)
    above: list[PlacedWord] = []
    for line in lines:
        words = [_straightened(word, pt_a_px=pt_a_px) for word in placed_words(line)]
        if above and words and _ends_where_begins(above, words):
            pen.set_apart()
        for index, word in enumerate(words):
            pen.write(word, first=index == 0, last=index == len(words) - 1)
        above = words or above
    if not pen.written:
        return b"", frozenset()
    # Mode 3: neither filled nor stroked.
    content = b"q %b cm BT 3 Tr\n%b\nET Q\n" % (px_to_page.operands(), b"\n".join(pen.written))
    return content, frozenset(pen.faces)


def _straightened(word: PlacedWord, *, pt_a_px: float) -> PlacedWord:
    """The word along the nearest axis through its middle, if it hardly leaves it."""
    dx, dy = word.direction
    rise_px = max(_STRAIGHT_PT / pt_a_px, _STRAIGHT * word.height_px)
    if word.right_to_left:
        rise_px = max(rise_px, _STRAIGHT_RIGHT_TO_LEFT * word.length_px)
    if min(abs(dx), abs(dy)) * word.length_px > rise_px:
        return word
    axis = (math.copysign(1.0, dx), 0.0) if abs(dx) > abs(dy) else (0.0, math.copysign(1.0, dy))
    half = word.length_px / 2
    start = (
        word.start[0] + half * (dx - axis[0]),
        word.start[1] + half * (dy - axis[1]),
    )
    return replace(word, direction=axis, start=start)


def _ends_where_begins(above: Sequence[PlacedWord], below: Sequence[PlacedWord]) -> bool:
    """Whether the last word of a slanted line stands about as high as the first of the next, which
    is further left: PDFium takes such lines for one, and mixes their words."""
    last, first = above[-1], below[0]
    slanted = abs(above[0].start[1] - last.start[1]) > _SAME_BASELINE_PX
    near = _ONE_LINE * max(last.height_px, first.height_px)
    return slanted and first.start[0] < last.start[0] and abs(last.start[1] - first.start[1]) < near


class _Pen:
    """Knows what the operators so far have set, and says only what differs."""

    def __init__(self, font: GlyphlessFont, names: Mapping[Face, str]) -> None:
        self.written: list[bytes] = []
        self._font = font
        self._names = names
        self.faces: set[Face] = set()
        self._face = UPRIGHT
        self._size = 0
        self._direction = (0.0, 0.0)
        self._at = (0.0, 0.0)

    def write(self, word: PlacedWord, *, first: bool, last: bool) -> None:
        operators = b""
        exact = word.height_px / word.face.height
        if first or abs(self._size - exact) > _SAME_HEIGHT_PX:
            size = max(1, round(exact))
            if (size, word.face) != (self._size, self._face) or not self.written:
                operators += b"/%b %d Tf " % (self._names[word.face].encode("ascii"), size)
                self._size, self._face = size, word.face
                self.faces.add(word.face)
        operators += self._moved(word, first=first)
        width_px = width_of(word.parts) * self._size / 1000
        stretch = 100 * word.length_px / width_px
        # Enough digits for half a px at the word's end.
        decimals = max(0, math.ceil(math.log10(width_px / 100)))
        operators += b"%b Tz" % number(stretch, decimals)
        # A space between words: what is copied has it, and no reader joins them.
        space = () if last else (" ",)
        if 0.0 in word.direction or word.right_to_left:
            show = b"(%b)Tj" % self._font.encoded((*word.parts, *space))
        else:
            show = b"/Span<</ActualText%b>>BDC(%b)Tj EMC" % (
                _actual(word.text),
                self._font.encoded(word.parts),
            )
            if space:
                show += b"(%b)Tj" % self._font.encoded(space)
        self.written.append(operators + show)

    def set_apart(self) -> None:
        """What comes next is of another line, though it is as high: a space far above both says so,
        and takes no place where anything is searched."""
        space = self._font.encoded((" ",))
        self.written.append(b"0 %d Td (%b)Tj" % (_APART * self._size, space))

    def _moved(self, word: PlacedWord, *, first: bool) -> bytes:
        cos, sin = word.direction
        if not first and math.dist(word.direction, self._direction) < 1e-4:
            ahead = word.start[0] - self._at[0], word.start[1] - self._at[1]
            along = round(cos * ahead[0] + sin * ahead[1])
            # Text's y runs up, that of the page's image down.
            up = round(sin * ahead[0] - cos * ahead[1])
            if abs(up) <= _SAME_BASELINE_PX:
                up = 0
            self._at = (
                self._at[0] + cos * along + sin * up,
                self._at[1] + sin * along - cos * up,
            )
            return b"%d %d Td " % (along, up)
        self._direction = word.direction
        self._at = (float(round(word.start[0])), float(round(word.start[1])))
        turn = b" ".join(number(each, 4) for each in (cos, sin, sin, -cos))
        return b"%b %d %d Tm " % (turn, self._at[0], self._at[1])


def _actual(text: str) -> bytes:
    if text.isascii():
        return b"(%b)" % re.sub(rb"([()\\])", rb"\\\1", text.encode("ascii"))
    return b"<FEFF%b>" % text.encode("utf-16-be").hex().upper().encode("ascii")
