"""The one font of all invisible text: what stands for what is told by the characters used."""

import zlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import count, islice, pairwise
from typing import Final

import pikepdf
from pikepdf import Array, Dictionary, Name

from exports.pdf_clusters import RIGHT_TO_LEFT_MARK, is_wide
from exports.pdf_glyphless import (
    GLYPH_OF_WIDTH,
    NARROW,
    WIDE,
    Face,
    glyphless_font,
)

# Of a code, two bytes; none of them would have to be escaped in a string.
_ESCAPED: Final = frozenset(b"()\\\r\n")
_MOST_CODES: Final = 65_535
# PDF 32000-1, 9.10.3 by way of Adobe's Technical Note 5411: at most 100 a block.
_PER_BLOCK: Final = 100
_CMAP: Final = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
{blocks}
endcmap
CMapName currentdict /CMap defineresource pop
end
end
"""


def width_of(parts: Iterable[str]) -> int:
    """How wide the clusters are together, in thousandths of the font's size."""
    return sum(
        0 if part == RIGHT_TO_LEFT_MARK else WIDE if is_wide(part) else NARROW for part in parts
    )


class GlyphlessFont:
    """Gives each cluster of characters a code when it is first used; its faces share the codes."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self._free: Iterator[int] = (
            code for code in count(1) if not _ESCAPED.intersection(code.to_bytes(2, "big"))
        )
        self._last = 0

    def encoded(self, parts: Iterable[str]) -> bytes:
        """The clusters as what stands between the brackets of a string."""
        return b"".join(self._code(part).to_bytes(2, "big") for part in parts)

    def _code(self, part: str) -> int:
        known = self._codes.get(part)
        if known is not None:
            return known
        code = next(self._free)
        if code > _MOST_CODES:  # no document has so many; its last ones are told as one unknown
            return self._last
        self._codes[part] = self._last = code
        return code

    def add_to(self, pdf: pikepdf.Pdf, faces: Mapping[Face, pikepdf.Object]) -> None:
        """Makes fonts of the codes given so far of empty dictionaries of the document, by face."""
        to_unicode = compressed(pdf, self._to_unicode())
        glyphs = compressed(pdf, self._glyphs())
        for face, font in faces.items():
            descendant = self._descendant(pdf, face)
            descendant.CIDToGIDMap = glyphs
            font.Type = Name.Font
            font.Subtype = Name.Type0
            font.BaseFont = Name(f"/{face.name}")
            font.Encoding = Name("/Identity-H")
            font.DescendantFonts = Array([pdf.make_indirect(descendant)])
            font.ToUnicode = to_unicode

    def _descendant(self, pdf: pikepdf.Pdf, face: Face) -> Dictionary:
        file = glyphless_font(face)
        descriptor = Dictionary(
            Type=Name.FontDescriptor,
            FontName=Name(f"/{face.name}"),
            FontFile2=compressed(pdf, file, Length1=len(file)),
            FontBBox=Array([0, face.descent, WIDE, face.ascent]),
            Ascent=face.ascent,
            Descent=face.descent,
            CapHeight=face.ascent,
            StemV=80,
            ItalicAngle=0,
            Flags=5,  # fixed pitch, symbolic
        )
        descendant = Dictionary(
            Type=Name.Font,
            Subtype=Name.CIDFontType2,
            BaseFont=Name(f"/{face.name}"),
            CIDSystemInfo=Dictionary(Registry=b"Adobe", Ordering=b"Identity", Supplement=0),
            FontDescriptor=pdf.make_indirect(descriptor),
            DW=NARROW,
        )
        others = [
            each
            for width in (0, WIDE)
            for run in _runs(
                [code for part, code in self._codes.items() if width_of([part]) == width]
            )
            for each in (run[0], run[-1], width)
        ]
        if others:
            descendant.W = Array(others)
        return descendant

    def _glyphs(self) -> bytes:
        glyphs = bytearray(2 * (self._last + 1))
        for part, code in self._codes.items():
            glyphs[2 * code + 1] = GLYPH_OF_WIDTH.get(width_of([part]), 0)
        return bytes(glyphs)

    def _to_unicode(self) -> bytes:
        entries = iter(
            f"<{code:04X}> <{part.encode('utf-16-be').hex().upper()}>"
            for part, code in self._codes.items()
        )
        blocks = []
        while block := list(islice(entries, _PER_BLOCK)):
            blocks += [f"{len(block)} beginbfchar", *block, "endbfchar"]
        return _CMAP.replace("{blocks}", "\n".join(blocks)).encode("ascii")


def _runs(codes: list[int]) -> list[list[int]]:
    runs = [codes[:1]] if codes else []
    for before, code in pairwise(codes):
        if code == before + 1:
            runs[-1].append(code)
        else:
            runs.append([code])
    return runs


def compressed(pdf: pikepdf.Pdf, data: bytes, **entries: object) -> pikepdf.Stream:
    """A new stream of the document, deflated."""
    return pdf.make_stream(zlib.compress(data, 9), Filter=Name.FlateDecode, **entries)
