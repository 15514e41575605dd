"""What a page shows of an image file: one way for all who decode what users hand in."""

import contextlib
from typing import Final

from PIL import Image

from images.legible_pixels import legible
from images.resolution import resolution_of, with_square_pixels

# What nodes read as it is, if nothing has to be turned or flattened. More bits a pixel than a node
# reads, or more inks, are other modes than these.
_PLAIN: Final = {("PNG", "L"), ("PNG", "RGB"), ("JPEG", "L"), ("JPEG", "RGB")}
_PNG_DEPTH_AT: Final = 24  # byte of the file at which a PNG tells its bits a channel
_PLAIN_DEPTH: Final = 8
_EXIF_ORIENTATION: Final = 0x0112


def page_pixels(image: Image.Image, *, dpi: int, most_px: int) -> tuple[Image.Image, int]:
    """The frame at which an open image stands, in 8-bit grey or RGB, turned upright, of square
    pixels, and its dpi: `dpi` where it does not tell them. The image itself if nothing had to be
    done. `most_px`: what is over a third of them is not stretched.

    Decodes whatever size the file has: look at that first. Raises: what Pillow raises.
    """
    upright, orientation = upright_pixels(image)
    told = resolution_of(image, otherwise=dpi)
    if orientation in _ON_ITS_SIDE:
        told = told[1], told[0]
    return with_square_pixels(upright, told, most_px=most_px)


def upright_pixels(image: Image.Image) -> tuple[Image.Image, int | None]:
    """The frame at which an open image stands, in 8-bit grey or RGB and turned upright, and the
    EXIF orientation that it had, None if that is broken. Raises: what Pillow raises."""
    # Pillow forgets a TIFF's when it loads it; to tell a PNG's, it loads it, come what may.
    orientation = _orientation(image) if image.format == "TIFF" else None
    image.load()  # a cut-off file shows here
    orientation = orientation or _orientation(image)
    flat = legible(image)
    turn = _TURNS.get(orientation)
    # Pillow turns a TIFF when it loads it.
    if turn is not None and image.format != "TIFF":
        flat = flat.transpose(turn)
    return flat, orientation


def is_plain(image: Image.Image, *, head: bytes) -> bool:
    """Whether nodes read the file of an open image as it is. `head`: its first bytes, 25 or more;
    whether its pixels are upright, `page_pixels` tells."""
    return (
        (image.format, image.mode) in _PLAIN
        and not getattr(image, "is_animated", False)
        and (image.format != "PNG" or head[_PNG_DEPTH_AT] == _PLAIN_DEPTH)
    )


def _orientation(image: Image.Image) -> int | None:
    """What the camera, or the scanner, says about how the pixels lie; 1 is upright."""
    with contextlib.suppress(Exception):  # notes of a camera that are broken
        if image.format == "TIFF":
            return int(image.tag_v2.get(_EXIF_ORIENTATION, 1))  # type: ignore[attr-defined]
        return int(image.getexif().get(_EXIF_ORIENTATION, 1))
    return None


_TURNS: Final[dict[int | None, Image.Transpose]] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Of these, what was across is down.
_ON_ITS_SIDE: Final = {5, 6, 7, 8}
