"""How large a line is printed, from its box and its letters."""

import re
from collections.abc import Iterable
from typing import Final

from layout.boxes import Box

# Widths in a proportional font, against a lower-case letter: capitals, thin and wide ones.
_CAPITAL_EXTRA: Final = 0.3
_THIN_LESS: Final = 0.4
_WIDE_EXTRA: Final = 0.5
_CAPITALS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_THIN: Final = b"iljtfrI.,:;'|![]() "
_WIDE: Final = b"mwMW@%"
# A letter's width against the height of its line's box, in running text.
_WIDTH_PER_HEIGHT: Final = 0.52
_WIDEST: Final = 1.45  # more than that, in heights, letters are not
# Scripts whose letters are wider: all beyond Latin, Greek, Cyrillic.
_OTHER_WIDTHS: Final = re.compile("[\u0530-\u1dff\u2c00-\uffff]")
# From so many letters on a width says something.
_ENOUGH_LETTERS: Final = 3


def size_of(box: Box) -> float:
    """px, comparable between lines of one page. The height of a detected box depends on which
    letters there are (none of `gpqy`: lower), its width hardly: both count alike."""
    text = box.text
    letters = len(text)
    if letters < _ENOUGH_LETTERS or (not text.isascii() and _OTHER_WIDTHS.search(text)):
        return box.height
    # Bytes, since they are counted ten times as quickly; other letters become question marks.
    told = text.encode("latin-1", "replace")
    units = (
        letters
        + _CAPITAL_EXTRA * (letters - len(told.translate(None, _CAPITALS)))
        - _THIN_LESS * (letters - len(told.translate(None, _THIN)))
        + _WIDE_EXTRA * (letters - len(told.translate(None, _WIDE)))
    )
    width = (box.right - box.left) / units / _WIDTH_PER_HEIGHT
    # A line with wide gaps is no title: that its print is large, its height must tell too.
    return float((box.height * min(width, _WIDEST * box.height)) ** 0.5)


def usual_size(sizes: Iterable[tuple[float, int]]) -> float:
    """That in which half of the letters are printed, or smaller; of (size, letters). 0 of none."""
    told = sorted(sizes)
    half = sum(letters for _, letters in told) / 2
    for size, letters in told:
        half -= letters
        if half <= 0:
            return size
    return 0.0
