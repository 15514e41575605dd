"""A TrueType font whose glyphs have a size and no area: selected, and never seen."""

import struct
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from typing import Final

# Units of a glyph's design, as in PDF: 1000 an em.
UNITS_PER_EM: Final = 1000
# Widths of the two kinds of characters, and their glyphs; 0 is for characters that a font lacks.
NARROW: Final = 500
WIDE: Final = 1000
GLYPH_OF_WIDTH: Final = {NARROW: 1, WIDE: 2}
_ADVANCES: Final = (NARROW, NARROW, WIDE)
_ON_CURVE: Final = 1
_POINTS: Final = 3


@dataclass(frozen=True)
class Face:
    """One kind of the font. `ascent`, `descent`: from the baseline, thousandths of its size."""

    name: str
    ascent: int
    descent: int

    @property
    def height(self) -> float:
        """Of a line of text, in sizes of the font."""
        return (self.ascent - self.descent) / UNITS_PER_EM

    @property
    def baseline(self) -> float:
        """Where it is from the top of a line to its bottom, 0..1."""
        return self.ascent / (self.ascent - self.descent)


UPRIGHT: Final = Face("OCR", 800, -200)
# For lines that rise or fall: poppler takes for one line what lies within half a font's size, and
# would mix the end of such a line with the beginning of the next. It knows ascents up to 1.05 and
# descents down to 0.4 (TextOutputDev.cc): with them a line of some height has the smallest font.
# Not for upright lines, since it takes lines that are far apart for paragraphs.
SLANTED: Final = Face("OCRSlanted", 1050, -400)
FACES: Final = (UPRIGHT, SLANTED)


def glyphless_font(face: Face) -> bytes:
    """The font's file (Apple, TrueType Reference Manual: the required tables).

    Each glyph is a line there and back again over its whole box: PDFium highlights the box of an
    outline, and skips turned text whose outline has none.
    """
    glyphs = [_line_over_box(width, face) for width in _ADVANCES]
    tables = {
        b"cmap": struct.pack(">HHHHI", 0, 1, 3, 1, 12)
        # Format 4 with the closing segment only: PDF goes by CIDToGIDMap, not by this.
        + struct.pack(">HHHHHHHHHhHH", 4, 26, 0, 2, 2, 0, 0, 0xFFFF, 0, 1, 0, 0)[:24]
        + b"\0\0",
        b"glyf": b"".join(glyphs),
        b"head": struct.pack(
            ">IIIIHHqqhhhhHHhhh",
            0x00010000,
            0x00010000,
            0,
            0x5F0F3CF5,
            0,
            UNITS_PER_EM,
            0,
            0,
            0,
            face.descent,
            WIDE,
            face.ascent,
            *(0, 8, 2, 0, 0),
        ),
        b"hhea": struct.pack(
            ">IhhhHhhhhhhhhhhhH",
            0x00010000,
            face.ascent,
            face.descent,
            0,
            WIDE,
            *(0, 0, WIDE, 1, 0, 0, 0, 0, 0, 0, 0),
            len(glyphs),
        ),
        b"hmtx": b"".join(struct.pack(">Hh", width, 0) for width in _ADVANCES),
        # Offsets are told by halves.
        b"loca": struct.pack(
            f">{len(glyphs) + 1}H",
            *(sum(map(len, glyphs[:number])) // 2 for number in range(len(glyphs) + 1)),
        ),
        b"maxp": struct.pack(
            ">IHHHHHHHHHHHHHH", 0x00010000, len(glyphs), _POINTS, 1, *(0, 0, 1), *[0] * 8
        ),
        b"post": struct.pack(">IIhhIIIII", 0x00030000, 0, 0, 0, 0, 0, 0, 0, 0),
    }
    return _with_directory(tables)


def _line_over_box(width: int, face: Face) -> bytes:
    corners = ((0, face.descent), (width, face.ascent), (0, face.descent))
    steps = [
        (x - before_x, y - before_y)
        for (before_x, before_y), (x, y) in pairwise(((0, 0), *corners))
    ]
    glyph = (
        struct.pack(">hhhhh", 1, 0, face.descent, width, face.ascent)
        + struct.pack(">HH", _POINTS - 1, 0)  # the contour's last point; no instructions
        + bytes([_ON_CURVE] * _POINTS)
        + struct.pack(f">{_POINTS}h", *(x for x, _ in steps))
        + struct.pack(f">{_POINTS}h", *(y for _, y in steps))
    )
    return glyph + bytes(-len(glyph) % 4)


def _with_directory(tables: dict[bytes, bytes]) -> bytes:
    count = len(tables)
    power = 1 << (count.bit_length() - 1)
    header = struct.pack(
        ">IHHHH", 0x00010000, count, power * 16, power.bit_length() - 1, (count - power) * 16
    )
    offset = len(header) + 16 * count
    directory, body = b"", b""
    for tag, table in tables.items():
        padded = table + bytes(-len(table) % 4)
        directory += struct.pack(">4sIII", tag, _checksum(padded), offset + len(body), len(table))
        body += padded
    return header + directory + body


def _checksum(table: bytes) -> int:
    words = struct.unpack(f">{len(table) // 4}I", table)
    return reduce(lambda total, word: (total + word) & 0xFFFFFFFF, words, 0)
