"""The words of a PDF page as PDFium knows them, with where they stand and how they are shown.

A ctypes call costs as much as reading twenty characters in Python, so that characters come in bulk,
boxes once a word, and all that a run of text has in common (PDFium's text object) once a run.
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
from ingest.text_run import TextRun, run_of

Box = tuple[float, float, float, float]  # left, bottom, right, top; pt, origin bottom left

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
        units = self._units()
        return [
            word
            for number, (begin, text) in enumerate(self._lines(units))
            for word in self._words_of(text, begin, number)
        ]

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

    def _lines(self, units: str) -> Iterator[tuple[int, str]]:
        for found in _LINES.finditer(units):
            yield found.start(), found[0]

    def _words_of(self, text: str, begin: int, line: int) -> Iterator[LayerWord]:
        text_page = self._text_page
        for found in _WORDS.finditer(text):
            first, units = begin + found.start(), found[0]
            ends_in_hyphen = units.endswith(LINE_END_HYPHEN)
            if ends_in_hyphen and pdfium.FPDFText_IsHyphen(text_page, first + len(units) - 1) == 1:
                units = units[:-1] + "-"
            box = self._box(first, len(units))
            if box is None:
                continue
            address, run = self._run_at(first)
            unmapped = unmapped_in(units)
            if unmapped and (in_words := self._from_symbol(units, first)) is not None:
                units, unmapped = in_words, 0
            if not unmapped and pdfium.FPDFText_HasUnicodeMapError(text_page, first) == 1:
                unmapped = len(units)
            elif (wide := ideographs_in(units)) and _is_too_narrow(box, wide, run):
                unmapped = wide
            shown = cleaned(units)
            if shown:
                yield LayerWord(
                    text=shown, box=box, line=line, run=run, chars=len(units), unmapped=unmapped,
                    object_address=address, first_char=first,
                )  # fmt: skip

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

    def _box(self, first: int, count: int) -> Box | None:
        rects = pdfium.FPDFText_CountRects(self._text_page, first, count)
        if rects < 1:
            return None
        boxes = []
        for index in range(min(rects, count)):
            pdfium.FPDFText_GetRect(self._text_page, index, *_REFERENCES)
            box = _LEFT.value, _BOTTOM.value, _RIGHT.value, _TOP.value
            if box[2] > box[0] and box[3] > box[1]:
                boxes.append(box)
        if len(boxes) == 1:
            return boxes[0]
        if not boxes:
            return None
        lefts, bottoms, rights, tops = zip(*boxes, strict=True)
        return min(lefts), min(bottoms), max(rights), max(tops)

    def _run_at(self, char: int) -> tuple[int, TextRun]:
        obj = pdfium.FPDFText_GetTextObject(self._text_page, char)
        address = ctypes.addressof(obj.contents) if obj else 0
        run = self._runs.get(address)
        if run is None:
            run = self._runs[address] = run_of(self._text_page, char, obj if obj else None)
        return address, run


_LEFT, _TOP, _RIGHT, _BOTTOM = (ctypes.c_double() for _ in range(4))
_REFERENCES: Final = tuple(ctypes.byref(each) for each in (_LEFT, _TOP, _RIGHT, _BOTTOM))

# Ideographs are about as wide as they are high, in narrow fonts two thirds of it; where they are
# much narrower, the font's map is wrong (its bytes swapped, say), and the glyphs are others.
_NARROW_EM: Final = 0.6


def _is_too_narrow(box: Box, ideographs: int, run: TextRun) -> bool:
    along = max(box[2] - box[0], box[3] - box[1])
    return ideographs > 1 and along < _NARROW_EM * run.em_pt * (ideographs - 1)
