"""An image as a user hands it to a node's door. Opened in the engine's child only."""

import io
from typing import Final

from PIL import Image, UnidentifiedImageError

from contracts.errors import PageUnreadable
from images.more_kinds import know_more_kinds
from images.page_pixels import is_plain, page_pixels

_FORMATS: Final = ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF")
_JPEG_QUALITY: Final = 95
_LONGEST_JPEG_PX: Final = 65_500  # libjpeg's JPEG_MAX_DIMENSION
_NOT_TOLD: Final = 0


def checked(image: bytes) -> tuple[bytes, int]:
    """The image as an engine reads it, upright and on white paper, and its dpi (0: not said).

    Its size is looked at before a pixel is decoded: Pillow's bound on decompression bombs, 178
    megapixels, is the one that ingest has. Raises: PageUnreadable.
    """
    know_more_kinds()
    try:
        with Image.open(io.BytesIO(image), formats=_FORMATS) as opened:
            most_px = 2 * (Image.MAX_IMAGE_PIXELS or 0)
            page, dpi = page_pixels(opened, dpi=_NOT_TOLD, most_px=most_px)
            if page is opened and is_plain(opened, head=image):
                return image, dpi
    except Image.DecompressionBombError as wrong:
        raise PageUnreadable(
            "the image has more pixels than can be read (178 megapixels); scale it down and send "
            "it again"
        ) from wrong
    except UnidentifiedImageError as wrong:
        raise PageUnreadable(
            "this is not an image that can be read; send a PNG, JPEG, TIFF, WebP, BMP or GIF"
        ) from wrong
    except MemoryError:
        raise
    except Exception as wrong:  # decoders raise whatever they like on broken files
        raise PageUnreadable(
            f"the image is damaged ({type(wrong).__name__}); get a complete copy of it and send it "
            "again"
        ) from wrong
    out = io.BytesIO()
    if max(page.size) > _LONGEST_JPEG_PX:
        page.save(out, format="PNG", compress_level=1)
    else:
        page.save(out, format="JPEG", quality=_JPEG_QUALITY, subsampling=0)
    return out.getvalue(), dpi
