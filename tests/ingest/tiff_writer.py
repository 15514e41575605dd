"""TIFFs of kinds that Pillow reads and does not write: any depth, tiles, planes, white as 0."""

import struct
import zlib
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Order = Literal["<", ">"]
_TILE_PX = 64  # a multiple of 16, as TIFF 6.0 wants it


def tiff(
    pixels: NDArray[Any],
    *,
    bits: int,
    photometric: int,
    sample_format: int = 1,
    planar: bool = False,
    tiled: bool = False,
    deflate: bool = False,
    order: Order = "<",
    more: Sequence[tuple[int, int, Sequence[int]]] = (),
) -> bytes:
    """One page. `pixels`: shape (height, width, samples), of as many bits each; `more`: further
    entries (tag, type, values), type 3 or 4."""
    height, width, samples = pixels.shape
    planes = [pixels[:, :, n : n + 1] for n in range(samples)] if planar else [pixels]
    pieces = [piece for plane in planes for piece in (_tiles(plane) if tiled else [plane])]
    data = [_packed(piece, bits, order) for piece in pieces]
    if deflate:
        data = [zlib.compress(each) for each in data]
    offsets = [8 + sum(map(len, data[:n])) for n in range(len(data))]
    sizes = [len(each) for each in data]
    entries: list[tuple[int, int, Sequence[int]]] = [
        (256, 4, [width]),
        (257, 4, [height]),
        (258, 3, [bits] * samples),
        (259, 3, [8 if deflate else 1]),
        (262, 3, [photometric]),
        (277, 3, [samples]),
        (284, 3, [2 if planar else 1]),
        (339, 3, [sample_format] * samples),
    ]
    if tiled:
        entries += [(322, 4, [_TILE_PX]), (323, 4, [_TILE_PX]), (324, 4, offsets), (325, 4, sizes)]
    else:
        entries += [(273, 4, offsets), (278, 4, [height]), (279, 4, sizes)]
    body = b"".join(data)
    return _file(order, body + bytes(len(body) % 2), sorted([*entries, *more]))


def old_style_jpeg(jpeg: bytes, *, width: int, height: int) -> bytes:
    """A page of compression 6: a whole JPEG file, named by tag 513 (TIFF 6.0, section 22)."""
    entries: list[tuple[int, int, Sequence[int]]] = [
        (256, 4, [width]), (257, 4, [height]), (258, 3, [8, 8, 8]), (259, 3, [6]), (262, 3, [6]),
        (273, 4, [8]), (277, 3, [3]), (278, 4, [height]), (279, 4, [len(jpeg)]), (284, 3, [1]),
        (512, 3, [1]), (513, 4, [8]), (514, 4, [len(jpeg)]), (530, 3, [2, 2]),
    ]  # fmt: skip
    return _file("<", jpeg + bytes(len(jpeg) % 2), entries)


def _tiles(plane: NDArray[Any]) -> list[NDArray[Any]]:
    height, width, _ = plane.shape
    down, across = -height % _TILE_PX, -width % _TILE_PX
    padded = np.pad(plane, ((0, down), (0, across), (0, 0)))
    return [
        padded[top : top + _TILE_PX, left : left + _TILE_PX]
        for top in range(0, height, _TILE_PX)
        for left in range(0, width, _TILE_PX)
    ]


def _packed(piece: NDArray[Any], bits: int, order: Order) -> bytes:
    rows = piece.reshape(piece.shape[0], -1)
    if bits >= 8:
        return rows.astype(piece.dtype.newbyteorder(order)).tobytes()
    each = np.unpackbits(rows.astype(np.uint8)[:, :, None], axis=2)[:, :, 8 - bits :]
    return np.packbits(each.reshape(rows.shape[0], -1), axis=1).tobytes()


def _file(order: Order, body: bytes, entries: Sequence[tuple[int, int, Sequence[int]]]) -> bytes:
    at = 8 + len(body)
    beside = at + 2 + 12 * len(entries) + 4
    directory, values_beside = struct.pack(f"{order}H", len(entries)), b""
    for tag, kind, values in entries:
        packed = struct.pack(f"{order}{len(values)}{'H' if kind == 3 else 'I'}", *values)
        if len(packed) <= 4:
            place = packed.ljust(4, b"\0")
        else:
            place = struct.pack(f"{order}I", beside + len(values_beside))
            values_beside += packed
        directory += struct.pack(f"{order}HHI", tag, kind, len(values)) + place
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(f"{order}I", at) + body + directory + bytes(4) + values_beside
