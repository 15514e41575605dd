"""A page as people look at it, no larger than their screen needs. Runs in the guarded child."""

import io
from typing import Final

from PIL import Image

from contracts.errors import PageUnreadable
from ingest.page_encoding import flatten
from ingest.page_image import MOST_PICTURE_WIDTH_PX
from ingest.rasterise import Document

# A page that is longer than wide by more than that is a receipt, and wide enough all the same.
_MOST_HEIGHT_PX: Final = 16_000
_JPEG_QUALITY: Final = 82


def picture_of(document: Document, page_index: int, *, width_px: int) -> bytes:
    """The page as JPEG, at most so wide; one that is smaller is not made larger.

    Raises: PageUnreadable.
    """
    page = document.render(page_index)
    width = min(width_px, page.width_px, MOST_PICTURE_WIDTH_PX)
    height = max(round(page.height_px * width / page.width_px), 1)
    if height > _MOST_HEIGHT_PX:
        width, height = max(width * _MOST_HEIGHT_PX // height, 1), _MOST_HEIGHT_PX
    try:
        with Image.open(io.BytesIO(page.data), formats=("JPEG", "PNG")) as image:
            # Decoded at an eighth, a quarter or a half, where that is enough.
            image.draft(None, (width, height))
            shown = flatten(image)
            if shown.width > width:
                shown = shown.resize((width, height), Image.Resampling.BOX, reducing_gap=2.0)
            out = io.BytesIO()
            shown.save(out, format="JPEG", quality=_JPEG_QUALITY)
    except Exception as wrong:  # decoders raise whatever they like on broken files
        raise PageUnreadable(f"page {page_index + 1} cannot be shown ({wrong})") from wrong
    return out.getvalue()
