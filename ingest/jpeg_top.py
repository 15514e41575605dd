"""The top of a JPEG, decoded from its first bytes: a page of print shows there that it is one."""

import io
import math
from typing import Final

from PIL import Image, ImageFile

# Bytes follow ink: of 40 pages of print and receipts 38 show print in their first sixth, 33 in
# their first eighth.
_SHARE: Final = 1 / 6
# Smaller ones are decoded as a whole in a quarter of a millisecond.
_LEAST_BYTES: Final = 64 * 1024
# Rows of pixels that are decoded together, at the most.
_ROWS_AT_ONCE: Final = 16


def top_of(data: bytes, *, factor: int, whole_rows: int) -> Image.Image | None:
    """The rows at hand, in grey, `factor` times smaller or less, just as the whole image has them,
    and a multiple of `whole_rows` of them. None where it is not worth it, or no row is there.

    Raises: what Pillow raises on a damaged file.
    """
    if len(data) < _LEAST_BYTES:
        return None
    with Image.open(io.BytesIO(data[: int(_SHARE * len(data))]), formats=["JPEG"]) as image:
        height = image.height
        image.draft("L", (image.width // factor, height // factor))
        # One thread, one document: nobody else decodes meanwhile.
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        try:
            grey = image.convert("L")
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = False
    # Of those that were begun only a part may be there.
    rows = _last_uneven_row(grey) - math.ceil(_ROWS_AT_ONCE * grey.height / height)
    rows -= rows % whole_rows
    return grey.crop((0, 0, grey.width, rows)) if rows > 0 else None


def _last_uneven_row(grey: Image.Image) -> int:
    """Below it all rows are of one shade: what the decoder gives for those that it has not got,
    perhaps together with paper that a program has drawn."""
    pixels, width = grey.tobytes(), grey.width
    row = grey.height - 1
    while row > 0 and pixels.count(pixels[row * width], row * width, (row + 1) * width) == width:
        row -= 1
    return row
