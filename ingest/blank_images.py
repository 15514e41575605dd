"""Blank pages among images: as Pillow has them decoded, or as files that need not be decoded."""

import io
import math
from typing import TYPE_CHECKING, Final, cast

from PIL import Image

from ingest.jpeg_top import top_of
from ingest.page_image import PageImage
from ingest.paper_tones import SMALL_DPI, Tones, small_grey, top_is_of_print

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ingest.blank_pages import Look

_ROUNDING: Final = 2
_JPEG: Final = b"\xff\xd8\xff"


def shows_nothing(image: Image.Image, *, dpi: int) -> bool:
    """Whether a decoded image, 8-bit grey or RGB, is blank (ingest.blank_pages)."""
    if min(image.size) < 4 * max(1, dpi // SMALL_DPI):
        return False  # too small to have a margin
    small = small_grey(image, dpi=dpi)
    return _is_blank(
        small, scale=image.width / small.width, dpi=dpi, look=lambda box: _grey_of(image, box)
    )


def is_even(image: Image.Image) -> bool:
    """Whether a decoded image, 8-bit grey or RGB, has one colour: no noise is allowed."""
    told = image.getextrema()  # a pair, or of several channels as many pairs
    pairs = cast(tuple[tuple[float, float], ...], (told,) if len(image.getbands()) == 1 else told)
    return all(most - least <= _ROUNDING for least, most in pairs)


def jpeg_shows_nothing(data: bytes, *, dpi: int) -> bool:
    """Whether a JPEG is blank. Decoded at an eighth of its size, which is a fraction of the work,
    and first its top alone; as a whole only where that leaves doubt. Raises: what Pillow raises on
    a damaged file."""
    with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
        width, height = image.size
        factor = max(1, round(dpi / SMALL_DPI))
        if min(width, height) < 4 * factor:
            return False
        image.draft("L", (width // factor, height // factor))
        left = max(1, factor * image.width // width)
        top = top_of(data, factor=factor, whole_rows=left)
        if top is not None and top_is_of_print(
            small_grey(top, dpi=left * SMALL_DPI), height=math.ceil(image.height / left)
        ):
            return False
        small = small_grey(image, dpi=left * SMALL_DPI)
    decoded: list[Image.Image] = []

    def look(box: tuple[int, int, int, int]) -> "NDArray[np.uint8]":
        if not decoded:
            with Image.open(io.BytesIO(data), formats=["JPEG"]) as whole:
                decoded.append(whole.convert("L"))
        return _grey_of(decoded[0], box)

    return _is_blank(small, scale=width / small.width, dpi=dpi, look=look)


def image_shows_nothing(page: PageImage) -> bool:
    """Whether a page image, as a file of 8-bit grey or RGB, is blank; False for one that is
    damaged: nodes tell why."""
    try:
        if page.data.startswith(_JPEG):
            return jpeg_shows_nothing(page.data, dpi=page.dpi)
        with Image.open(io.BytesIO(page.data)) as image:
            return shows_nothing(image, dpi=page.dpi)
    except ImportError:  # of what is loaded only here: no fault of the page's
        raise
    except Exception:  # decoders raise whatever they like on broken files
        return False


def _is_blank(small: Image.Image, *, scale: float, dpi: int, look: "Look") -> bool:
    if min(small.size) < 3:
        return False
    tones = Tones(small)
    if tones.are_of_print:
        return False
    from ingest.blank_pages import is_blank  # noqa: PLC0415 - NumPy, only where it is needed

    return is_blank(small, tones, scale=scale, dpi=dpi, look=look)


def _grey_of(image: Image.Image, box: tuple[int, int, int, int]) -> "NDArray[np.uint8]":
    import numpy as np  # noqa: PLC0415 - as above

    left, top, right, bottom = box
    part = image.crop(
        (max(left, 0), max(top, 0), min(right, image.width), min(bottom, image.height))
    )
    return np.asarray(part.convert("L"))
