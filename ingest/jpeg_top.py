"""The top of a JPEG, decoded from its first bytes: a page of print shows there that it is one."""

import io
import math
from typing import Final

from PIL import Image, ImageFile

# Bytes follow ink: of 10 pages of print all show print in their first sixth, of 30 receipts 23.
_SHARE: Final = 1 / 6
# Smaller ones are decoded as a whole in a quarter of a millisecond.
_LEAST_BYTES: Final = 64 * 1024
# Of a block that is coded, px.
_BLOCK: Final = 8
# Markers of frames that are coded from top to bottom, and by Huffman: rows that are there are then
# as they will be, and what follows the last of them is of one shade (ITU-T T.81, table B.1).
_TOP_TO_BOTTOM: Final = frozenset({0xC0, 0xC1})
_NO_FRAMES: Final = frozenset({0xC4, 0xC8, 0xCC})  # tables, among the markers of frames


def top_of(data: bytes, *, factor: int, whole_rows: int) -> Image.Image | None:
    """The rows at hand, in grey, `factor` times smaller or less, just as the whole image has them,
    and a multiple of `whole_rows` of them. None where it is not worth it, or there is none."""
    if len(data) < _LEAST_BYTES or _frame(data) not in _TOP_TO_BOTTOM:
        return None
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    try:
        with Image.open(io.BytesIO(data[: int(_SHARE * len(data))]), formats=["JPEG"]) as image:
            rows_at_once = _BLOCK * max(layer[2] for layer in image.layer)  # type: ignore[attr-defined]
            height = image.height
            image.draft("L", (image.width // factor, height // factor))
            # One thread, one document: nobody else decodes meanwhile.
            ImageFile.LOAD_TRUNCATED_IMAGES = True
            grey = image.convert("L")
    except Exception:  # its headers alone may be longer than that; what is damaged, the whole tells
        return None
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before
    # Of those that were begun only a part may be there.
    rows = _last_uneven_row(grey) - math.ceil(rows_at_once * grey.height / height)
    rows -= rows % whole_rows
    return grey.crop((0, 0, grey.width, rows)) if rows > 0 else None


def _frame(data: bytes) -> int | None:
    """The marker of the frame, which tells how it is coded; None for what is no plain JPEG."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in _NO_FRAMES:
            return marker
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return None


def _last_uneven_row(grey: Image.Image) -> int:
    """Below it all rows are of one shade: what the decoder gives for those that it has not got,
    perhaps together with paper that a program has drawn."""
    pixels, width = grey.tobytes(), grey.width
    row = grey.height - 1
    while row > 0 and pixels.count(pixels[row * width], row * width, (row + 1) * width) == width:
        row -= 1
    return row
