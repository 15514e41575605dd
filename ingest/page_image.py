"""From decoded pixels to the bytes that travel to a node."""

import io
from dataclasses import dataclass
from typing import Final

from PIL import Image

from contracts.errors import PageUnreadable
from contracts.pages import Line

# Pillow's own bound on what it takes for a decompression bomb: 2 * 1 GiB / 4 / 3 pixels.
MAX_PIXELS: Final = 178_956_970
# Word F1 is that of PNG, which takes ten times as long to encode and is larger
# (bench/page_encoding.py); below 95 it begins to fall.
_JPEG_QUALITY: Final = 95
_HALVED_COLOURS: Final = 2  # 4:2:0
_LONGEST_JPEG_PX: Final = 65_500  # libjpeg's JPEG_MAX_DIMENSION; receipts can be longer


@dataclass(frozen=True, kw_only=True)
class PageImage:
    """One page as PNG or JPEG. `dpi` is what it was rendered or scanned at. `known_lines`: what
    its text layer tells of it; `blank`: whether it shows nothing, None if nobody has looked."""

    data: bytes
    width_px: int
    height_px: int
    dpi: int
    known_lines: tuple[Line, ...] = ()
    blank: bool | None = None


def check_pixels(*, page_index: int, width_px: int, height_px: int) -> None:
    """Raises: PageUnreadable for a page that would not fit in memory (or for one without area)."""
    if width_px < 1 or height_px < 1:
        raise PageUnreadable(f"page {page_index + 1} has no area; leave it out with --pages")
    if width_px * height_px > MAX_PIXELS:
        raise PageUnreadable(
            f"page {page_index + 1} is {width_px} x {height_px} px, over the limit of "
            f"{MAX_PIXELS // 10**6} megapixels; submit it with a lower dpi"
        )


def flatten(image: Image.Image) -> Image.Image:
    """A picture that PDFium has drawn as 8-bit grey or RGB, on white paper; images of other pixels
    are images.legible_pixels' work. Never changes its argument."""
    if image.mode in {"L", "RGB"}:
        return image
    if image.mode == "RGBA":
        paper = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(paper, image).convert("RGB")
    return image.convert("RGB")


def encode(image: Image.Image, *, dpi: int) -> PageImage:
    """Encodes 8-bit grey or RGB pixels: as JPEG, if it is not too long for one."""
    out = io.BytesIO()
    if max(image.size) > _LONGEST_JPEG_PX:
        image.save(out, format="PNG", compress_level=1)
    else:
        image.save(out, format="JPEG", quality=_JPEG_QUALITY, subsampling=_HALVED_COLOURS)
    return PageImage(data=out.getvalue(), width_px=image.width, height_px=image.height, dpi=dpi)
