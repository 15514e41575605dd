"""Traps that take seconds, to make or to render: for long runs only."""

import struct
import zlib

from tests.fuzz.traps import image_of, page, pdf_of, stream, tiling


def _png_bomb() -> bytes:
    """13,000 x 13,000 grey pixels, within the limit, from 170 KB."""
    side = 13_000
    rows = zlib.compressobj(9)
    packed = b"".join(rows.compress(bytes(side + 1)) for _ in range(side)) + rows.flush()

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )


def heavy_traps() -> dict[str, bytes]:
    """Name -> file."""
    zeros = zlib.compress(bytes(50_000_000), 9)
    return {
        "zeros, zipped twice": image_of(
            "/Width 7000 /Height 7000 /ColorSpace /DeviceGray /BitsPerComponent 8 "
            "/Filter [/FlateDecode /FlateDecode]", zlib.compress(zeros, 9)),
        "content of 50 MB from 50 KB": pdf_of({
            3: page(), 4: stream(zlib.compress(b"0 0 9 9 re f\n" * 4_000_000, 9),
                                 "/Filter /FlateDecode"),
        }),
        "a CCITT image of 30,000 x 30,000": image_of(
            "/Width 30000 /Height 30000 /ColorSpace /DeviceGray /BitsPerComponent 1 /Filter "
            "/CCITTFaxDecode /DecodeParms << /K -1 /Columns 30000 /Rows 30000 >>", bytes(64)),
        "JBIG2 of 60,000 x 60,000": image_of(
            "/Width 60000 /Height 60000 /ColorSpace /DeviceGray /BitsPerComponent 1 /Filter "
            "/JBIG2Decode",
            bytes.fromhex("00000000300001000000130000ea600000ea60000000000000000000000000")),
        "a pattern of a million tiles": tiling("0.1"),
        "a picture of 169 megapixels in 170 KB": _png_bomb(),
    }  # fmt: skip
