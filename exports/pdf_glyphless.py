"""A TrueType font whose glyphs have a size and no area: selected, and never seen."""

import struct
from functools import reduce
from itertools import pairwise
from typing import Final

# Units of a glyph's design, as in PDF: 1000 an em.
UNITS_PER_EM: Final = 1000
# Of an em, above and below the baseline: together one, so that a line's height is its font's size.
ASCENT: Final = 800
DESCENT: Final = -200
# Widths of the two kinds of characters, and their glyphs; 0 is for characters that a font lacks.
NARROW: Final = 500
WIDE: Final = 1000
GLYPH_OF_WIDTH: Final = {NARROW: 1, WIDE: 2}
_ADVANCES: Final = (NARROW, NARROW, WIDE)
_ON_CURVE: Final = 1
_POINTS: Final = 3


def glyphless_font() -> bytes:
    """The font's file (Apple, TrueType Reference Manual: the required tables).

    Each glyph is a line there and back again over its whole box: PDFium highlights the box of an
    outline, and skips turned text whose outline has none.
    """
    glyphs = [_line_over_box(width) for width in _ADVANCES]
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
            DESCENT,
            WIDE,
            ASCENT,
            *(0, 8, 2, 0, 0),
        ),
        b"hhea": struct.pack(
            ">IhhhHhhhhhhhhhhhH",
            0x00010000,
            ASCENT,
            DESCENT,
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


def _line_over_box(width: int) -> bytes:
    corners = ((0, DESCENT), (width, ASCENT), (0, DESCENT))
    steps = [
        (x - before_x, y - before_y)
        for (before_x, before_y), (x, y) in pairwise(((0, 0), *corners))
    ]
    glyph = (
        struct.pack(">hhhhh", 1, 0, DESCENT, width, ASCENT)
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
