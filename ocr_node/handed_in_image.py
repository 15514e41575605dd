"""An image as a user hands it to a node's door. Opened in the engine's child only.

What ingest does for the images of documents, in little: services do not import each other.
"""

import io
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from contracts.errors import PageUnreadable

_FORMATS: Final = ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF")
_READ_AS_IT_IS: Final = {"PNG", "JPEG"}
_JPEG_END: Final = b"\xff\xd9"
_PADDING: Final = b"\0\r\n "
_EXIF_ORIENTATION: Final = 0x0112
_JPEG_QUALITY: Final = 95
_LONGEST_JPEG_PX: Final = 65_500  # libjpeg's JPEG_MAX_DIMENSION
# Resolutions that cameras and editors write without meaning them lie outside.
_PLAUSIBLE_DPI: Final = range(50, 2401)


def checked(image: bytes) -> tuple[bytes, int]:
    """The image as an engine reads it, upright and on white paper, and its dpi (0: not said).

    Its size is looked at before a pixel is decoded: Pillow's bound on decompression bombs, 178
    megapixels, is the one that ingest has. Raises: PageUnreadable.
    """
    try:
        with Image.open(io.BytesIO(image), formats=_FORMATS) as opened:
            dpi = _dpi_of(opened)
            if opened.format in _READ_AS_IT_IS and opened.mode in {"L", "RGB"}:
                turned = opened.getexif().get(_EXIF_ORIENTATION, 1) != 1
                if not turned and "transparency" not in opened.info:
                    # Cut off, some decoders read what there is and say nothing.
                    if opened.format == "JPEG" and not image.rstrip(_PADDING).endswith(_JPEG_END):
                        opened.load()
                    return image, dpi
            flat = _flat(ImageOps.exif_transpose(opened))
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
    if max(flat.size) > _LONGEST_JPEG_PX:
        flat.save(out, format="PNG", compress_level=1)
    else:
        flat.save(out, format="JPEG", quality=_JPEG_QUALITY, subsampling=0)
    return out.getvalue(), dpi


def _flat(image: Image.Image) -> Image.Image:
    """8-bit grey or RGB; transparency on white paper."""
    if image.mode.startswith(("I", "F")):
        # 16 bits and more: Pillow would clip at 255 where it should scale.
        low, high = (float(bound) for bound in image.getextrema())  # type: ignore[arg-type]
        span = max(high - low, 1.0)
        return image.convert("F").point(lambda value: (value - low) * (255.0 / span)).convert("L")
    if image.mode in {"RGBA", "LA", "PA", "P", "La", "RGBa"} or "transparency" in image.info:
        paper = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(paper, image.convert("RGBA")).convert("RGB")
    return image.convert("L" if image.mode in {"1", "L"} else "RGB")


def _dpi_of(image: Image.Image) -> int:
    try:
        own = round(float(image.info["dpi"][0]))
    except (KeyError, TypeError, ValueError, IndexError, ZeroDivisionError, OverflowError):
        return 0
    return own if own in _PLAUSIBLE_DPI else 0
