"""From decoded pixels to the bytes that travel to a node."""

import io
from typing import Final

from PIL import Image

from ingest.page_image import PageImage

# Word F1 is that of PNG, which takes ten times as long to encode and is larger
# (bench/page_encoding.py); below 95 it begins to fall.
_JPEG_QUALITY: Final = 95
_HALVED_COLOURS: Final = 2  # 4:2:0
_LONGEST_JPEG_PX: Final = 65_500  # libjpeg's JPEG_MAX_DIMENSION; receipts can be longer


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
