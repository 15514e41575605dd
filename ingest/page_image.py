"""A page as the bytes that travel to a node, and how large it may be."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from contracts.errors import PageUnreadable

if TYPE_CHECKING:
    # Not loaded by a renderer that meets nothing but scans (ingest.raster_child).
    from contracts.pages import Line

# Pillow's own bound on what it takes for a decompression bomb: 2 * 1 GiB / 4 / 3 pixels.
MAX_PIXELS: Final = 178_956_970
# Of a picture for people: as many as the widest screens have, zoomed in a little.
MOST_PICTURE_WIDTH_PX: Final = 3200


@dataclass(frozen=True, kw_only=True)
class PageImage:
    """One page as PNG or JPEG. `dpi` is what it was rendered or scanned at. `known_lines`: what
    its text layer tells of it; `blank`: whether it shows nothing, None if nobody has looked."""

    data: bytes
    width_px: int
    height_px: int
    dpi: int
    known_lines: "tuple[Line, ...]" = ()
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
