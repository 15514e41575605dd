"""The words of a PDF page as PDFium knows them, with where they stand and how they are shown.

A ctypes call costs as much as reading twenty characters in Python, so that characters come in bulk,
boxes once a word, and all that a run of text has in common (PDFium's text object) once a run, or
once a line where that is one run.
"""

import ctypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pypdfium2
import pypdfium2.raw as pdfium

from ingest.layer_text import LINE_END_HYPHEN, cleaned, ideographs_in, unmapped_in
from ingest.symbol_font import in_symbol
from ingest.text_boxes import Box, box_of, far_apart
from ingest.text_run import TextRun, run_of
from ingest.unchecked_pdfium import (
    count_rects,
    get_text_object,
    has_unicode_map_error,
)

_LINES: Final = re.compile(r"[^\r\n\ufffe]+\ufffe?|\ufffe")
_WORDS: Final = re.compile(r"[^\s\x00]+")
# More text than that is no page: 100 times a dense one.
_MOST_CHARS: Final = 500_000


@dataclass(slots=True)
class LayerWord:
    """A word of the layer. `box`: the glyphs' own; `line`: counts PDFium's lines; `chars`: glyphs;
    `unmapped`: how many of them have no meaning; `object_address`: whose text it is."""

    text: str
    box: Box
    line: int
    run: TextRun
    chars: int
    unmapped: int
    object_address: int
    first_char: int


class TextLayer:
    """The text layer of one page. A context manager: PDFium's own structures go at its end."""

    def __init__(self, page: pypdfium2.PdfPage) -> None:
        self._text_page = pdfium.FPDFText_LoadPage(page)
        self.char_count = (
            max(0, pdfium.FPDFText_CountChars(self._text_page)) if self._text_page else 0
        )
        self._runs: dict[int, TextRun] = {}

    def words(self) -> list[LayerWord]:
        """All words in PDFium's order: logical within a line, drawing order between lines. Those
        without extent are left out."""
        if not 0 < self.char_count <= _MOST_CHARS:
            return []
        words: list[LayerWord] = []
        for number, found in enumerate(_LINES.finditer(self._units())):
            words += self._words_of(found[0], found.start(), number)
        return words

    def fill_is_light(self, word: LayerWord) -> bool:
        """Whether the word is painted white, nearly white, or (nearly) transparent."""
        red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
        if not pdfium.FPDFText_GetFillColor(
            self._text_page, word.first_char, red, green, blue, alpha
        ):
            return False
        return alpha.value < 26 or min(red.value, green.value, blue.value) > 229

    def close(self) -> None:
        """Lets go of the page; safe to call again."""
        if self._text_page:
            pdfium.FPDFText_ClosePage(self._text_page)
            self._text_page = None

    def __enter__(self) -> "TextLayer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _units(self) -> str:
        """All characters, one UTF-16 unit each, so that positions are PDFium's own."""
        buffer = (ctypes.c_ushort * (self.char_count + 1))()
        count = pdfium.FPDFText_GetText(self._text_page, 0, self.char_count, buffer)
        units = max(0, count - 1)
        text = bytes(buffer)[: 2 * units].decode("utf-16-le", "surrogatepass")
        # A pair of surrogates has become one character: taken apart again, which is slower.
        return text if len(text) == units else "".join(map(chr, buffer[:units]))

    def _words_of(self, text: str, begin: int, line: int) -> Iterator[LayerWord]:
        # What is ASCII and can be printed stands for itself; nearly all lines are.
        plain = text.isascii() and text.isprintable()
        # PDFium has one rectangle for all that is of one text object.
        is_one_run = count_rects(self._text_page, begin, len(text)) == 1
        known: tuple[int, TextRun] | None = None
        for found in _WORDS.finditer(text):
            first, units = begin + found.start(), found[0]
            word = self._word(units, first, line, known, plain)
            if word is None:
                continue
            if is_one_run and word.object_address:
                known = word.object_address, word.run
            left, bottom, right, top = word.box
            most = word.run.em_pt * word.chars
            if word.chars > 1 and (right - left > most or top - bottom > most):
                for at, piece in far_apart(
                    self._text_page, first, units, box=word.box, em_pt=word.run.em_pt
                ):
                    if shown := self._word(piece, at, line, None, plain):
                        yield shown
            else:
                yield word

    def _word(
        self, units: str, first: int, line: int, known: tuple[int, TextRun] | None, plain: bool
    ) -> LayerWord | None:
        """None if it has no extent, or nothing to say. `known`: its text object and run."""
        if not plain:
            units = self._with_hyphen(units, first)
        chars = len(units)
        box = box_of(self._text_page, first, chars)
        if box is None:
            return None
        address, run = known or self._run_at(first)
        unmapped = 0
        if not plain:
            units, chars, unmapped = self._meaning(units, first, box, run)
        elif has_unicode_map_error(self._text_page, first) == 1:
            unmapped = chars
        return LayerWord(units, box, line, run, chars, unmapped, address, first) if units else None

    def _with_hyphen(self, units: str, first: int) -> str:
        if units.endswith(LINE_END_HYPHEN) and (
            pdfium.FPDFText_IsHyphen(self._text_page, first + len(units) - 1) == 1
        ):
            return units[:-1] + "-"
        return units

    def _meaning(self, units: str, first: int, box: Box, run: TextRun) -> tuple[str, int, int]:
        """What the word says as people write it, how many glyphs it has, and how many of them have
        no meaning."""
        unmapped = unmapped_in(units)
        if unmapped and (in_words := self._from_symbol(units, first)) is not None:
            units, unmapped = in_words, 0
        if not unmapped and has_unicode_map_error(self._text_page, first) == 1:
            unmapped = len(units)
        elif (wide := ideographs_in(units)) and _is_too_narrow(box, wide, run):
            unmapped = wide
        return cleaned(units), len(units), unmapped

    def _from_symbol(self, units: str, first: int) -> str | None:
        """A word with private codes, if they are those of the font Symbol and all are known."""
        name = ctypes.create_string_buffer(128)
        flags = ctypes.c_int()
        pdfium.FPDFText_GetFontInfo(self._text_page, first, name, len(name), flags)
        # Wingdings and its like use the same codes for other signs.
        if b"symbol" not in name.value.lower():
            return None
        shown = [in_symbol(unit) if unit >= "\ue000" else unit for unit in units]
        return "".join(each or "" for each in shown) if None not in shown else None

    def _run_at(self, char: int) -> tuple[int, TextRun]:
        address = get_text_object(self._text_page, char) or 0
        run = self._runs.get(address)
        if run is None:
            run = self._runs[address] = run_of(self._text_page, char, address)
        return address, run


# Ideographs are about as wide as they are high, in narrow fonts two thirds of it; where they are
# much narrower, the font's map is wrong (its bytes swapped, say), and the glyphs are others.
_NARROW_EM: Final = 0.6


def _is_too_narrow(box: Box, ideographs: int, run: TextRun) -> bool:
    along = max(box[2] - box[0], box[3] - box[1])
    return ideographs > 1 and along < _NARROW_EM * run.em_pt * (ideographs - 1)
