"""Mutations of a document: of its bytes, and of what its format makes of them."""

import random
import re
import struct
import zlib
from collections.abc import Callable, Sequence
from typing import Final

Mutation = Callable[[random.Random, bytearray, Sequence[bytes]], None]

_MOST_BYTES: Final = 4 * 2**20  # of a mutated file
# What counters and sizes are rarely tried with.
_NUMBERS: Final = (
    0, 1, -1, 2, 7, 255, 256, 32767, 65535, 65536, 99_999, 1_000_000, 2**31 - 1, 2**31, 2**32 - 1,
    2**32, -(2**31), 2**63,
)  # fmt: skip
_PDF_NUMBER: Final = re.compile(
    rb"/(Width|Height|BitsPerComponent|Count|Length|Length1|N|First|Size|Prev|Index|W|Columns|Rows"
    rb"|Colors|K|Predictor|MediaBox|CropBox|Rotate|UserUnit|Matrix|BBox|XStep|YStep|FirstChar"
    rb"|LastChar|Widths|Decode|Domain|Range|BitsPerSample|BitsPerCoordinate|VerticesPerRow|Order"
    rb"|FunctionType|ShadingType|PatternType|PaintType|Kids|Root|Parent|Contents)[\s\[]*(-?\d+)"
)
_PDF_REFERENCE: Final = re.compile(rb"(\d+) 0 R")
_PDF_OBJECT: Final = re.compile(rb"\d+ 0 obj.*?endobj\s*", re.DOTALL)


def mutated(rng: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    """One to four mutations, one after the other; the same for the same state of `rng`."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 3, 4))):
        if not data:
            break
        rng.choice([*_ANY, *_of_format(data) * 3])(rng, data, others)
    return bytes(data[:_MOST_BYTES])


def _of_format(data: bytearray) -> list[Mutation]:
    if b"%PDF" in data[:1024]:
        return [_pdf_number, _pdf_number, _pdf_reference, _pdf_object]
    if data[:4] == b"\x89PNG":
        return [_png_chunk]
    if bytes(data[:4]) in {b"II*\0", b"MM\0*"}:
        return [_tiff_entry]
    if data[:2] == b"\xff\xd8":
        return [_jpeg_segment]
    return []


def _place(rng: random.Random, data: bytearray, most: int = 4096) -> slice:
    begin = rng.randrange(len(data))
    return slice(begin, begin + rng.randrange(1, 1 + min(most, len(data) - begin)))


def _flip_bits(rng: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    for _each in range(rng.choice((1, 2, 8, 32))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _overwrite(rng: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    place = _place(rng, data, 64)
    length = len(data[place])
    data[place] = rng.choice((bytes(length), b"\xff" * length, rng.randbytes(length)))


def _truncate(rng: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    del data[rng.randrange(len(data)) :]


def _remove(rng: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    del data[_place(rng, data)]


def _repeat(rng: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    place = _place(rng, data)
    data[place.stop : place.stop] = data[place] * rng.choice((1, 2, 50))


def _insert_of_other(rng: random.Random, data: bytearray, others: Sequence[bytes]) -> None:
    other = rng.choice(others)
    begin = rng.randrange(max(1, len(other)))
    at = rng.randrange(len(data))
    data[at:at] = other[begin : begin + rng.choice((16, 256, 4096, 65536))]


def _other_head(rng: random.Random, data: bytearray, others: Sequence[bytes]) -> None:
    length = rng.choice((4, 8, 16, 64, 512))
    data[:length] = rng.choice(others)[:length]


def _pdf_number(rng: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    if found := list(_PDF_NUMBER.finditer(data)):
        place = rng.choice(found)
        old = int(place[2][:18])
        new = rng.choice((*_NUMBERS, old + 1, old - 1, old * 1000, -old))
        data[place.start(2) : place.end(2)] = b"%d" % new


def _pdf_reference(rng: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    if found := list(_PDF_REFERENCE.finditer(data)):
        place, other = rng.choice(found), rng.choice(found)
        data[place.start(1) : place.end(1)] = other[1]


def _pdf_object(rng: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    if found := list(_PDF_OBJECT.finditer(data)):
        place, other = rng.choice(found), rng.choice(found)
        text = other[0]
        if rng.random() < 0.5:
            del data[place.start() : place.end()]
        else:
            data[place.start() : place.start()] = text


def _png_chunk(rng: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    """Changes a chunk, and mostly makes its check sum right again."""
    places, at = [], 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        places.append((at, length))
        at += 12 + length
    if not places:
        return
    at, length = places[0] if rng.random() < 0.4 else rng.choice(places)
    match rng.randrange(4):
        case 0:
            data[at : at + 4] = struct.pack(">I", rng.choice(_NUMBERS) & 0xFFFFFFFF)
        case 1:
            data[at + 4 : at + 8] = rng.choice(
                (b"IHDR", b"IDAT", b"PLTE", b"tRNS", b"zTXt", b"iCCP")
            )
        case 2:
            data[at:at] = data[at : at + 12 + length]
        case _ if length:
            data[at + 8 + rng.randrange(min(length, 13))] = rng.randrange(256)
    if rng.random() < 0.9 and at + 12 + length <= len(data):
        checked = zlib.crc32(data[at + 4 : at + 8 + length])
        data[at + 8 + length : at + 12 + length] = struct.pack(">I", checked)


def _tiff_entry(rng: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    order = "<" if data[:1] == b"I" else ">"
    (first,) = struct.unpack_from(f"{order}I", data, 4) if len(data) >= 8 else (0,)
    if first + 2 > len(data):
        return
    (count,) = struct.unpack_from(f"{order}H", data, first)
    at = first + 2 + 12 * rng.randrange(max(1, min(count, 40)))
    if at + 12 > len(data):
        return
    match rng.randrange(4):
        case 0:
            struct.pack_into(f"{order}I", data, at + 8, rng.choice(_NUMBERS) & 0xFFFFFFFF)
        case 1:
            struct.pack_into(f"{order}I", data, at + 4, rng.choice(_NUMBERS) & 0xFFFFFFFF)
        case 2:
            struct.pack_into(f"{order}H", data, at + 2, rng.randrange(14))
        case _:
            struct.pack_into(f"{order}H", data, at, rng.choice((256, 257, 258, 259, 262, 277, 330)))


def _jpeg_segment(rng: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    places, at = [], 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        length = 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        places.append((at, length))
        if data[at + 1] == 0xDA:
            break
        at += length
    if not places:
        return
    at, length = rng.choice(places)
    match rng.randrange(3):
        case 0:
            data[at:at] = data[at : at + length]
        case 1:
            data[at + 1] = rng.choice((0xC0, 0xC1, 0xC2, 0xC4, 0xDA, 0xDB, 0xDD, 0xE1, 0xEE, 0xD9))
        case _:
            inside = at + 4 + rng.randrange(max(1, min(length - 4, 20)))
            if inside < len(data):
                data[inside] = rng.choice((0, 1, 0x11, 0x44, 0xFF, rng.randrange(256)))


_ANY: Final[list[Mutation]] = [
    _flip_bits, _flip_bits, _overwrite, _truncate, _remove, _repeat, _insert_of_other, _other_head,
]  # fmt: skip
