"""Which way a page is written, from its letters and the form of its lines."""

import re
from collections.abc import Callable, Sequence
from typing import Final

from contracts.pages import Line

# Hebrew, Arabic, Syriac, Thaana, N'Ko, Samaritan, Mandaic, and their presentation forms.
_LEFTWARDS: Final = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
# Kana, Han, full-width forms: no spaces between words.
_DENSE: Final = re.compile("[\u2e80-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
# So much higher than wide is a column of characters, and no single one.
_COLUMN_FORM: Final = 1.8


def is_dense(character: str) -> bool:
    """Of a script that has no spaces between words."""
    return _DENSE.match(character) is not None


def is_written_leftwards(lines: Sequence[Line]) -> bool:
    """Most letters are Arabic, Hebrew or the like."""
    ours = sum(len(_LEFTWARDS.findall(line.text)) for line in lines if not line.text.isascii())
    return ours > 0 and 2 * ours > sum(sum(map(str.isalpha, line.text)) for line in lines)


def is_written_downwards(
    lines: Sequence[Line], *, upright_sides: Callable[[Line], tuple[float, float]]
) -> bool:
    """Most characters stand in columns of Chinese or Japanese. `upright_sides`: width, height."""
    dense = in_columns = all_characters = 0
    for line in lines:
        all_characters += len(line.text)
        if line.text.isascii():
            continue
        found = len(_DENSE.findall(line.text))
        dense += found
        width, height = upright_sides(line)
        if found > 1 and height > _COLUMN_FORM * width:
            in_columns += found
    return 2 * in_columns > all_characters and dense > 0
