"""Where a pixel of a page's image lies on the page: boxes and rotation as PDFium takes them."""

import math
from dataclasses import dataclass
from typing import Final

import pikepdf

_LETTER: Final = (0.0, 0.0, 612.0, 792.0)  # what PDFium takes for a page without a box

Box = tuple[float, float, float, float]  # left, bottom, right, top; user space


@dataclass(frozen=True, kw_only=True)
class Affine:
    """x' = a x + c y + e, y' = b x + d y + f, as in PDF's operator cm."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    def at(self, x: float, y: float) -> tuple[float, float]:
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f

    def operands(self) -> bytes:
        """The six numbers for cm."""
        return b" ".join(number(each) for each in (self.a, self.b, self.c, self.d, self.e, self.f))


def number(value: float, decimals: int = 5) -> bytes:
    """The shortest way to write it; PDF knows no exponents."""
    text = f"{value:.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return b"0" if text in {"", "-0", "-"} else text.encode("ascii")


def px_to_page(page: pikepdf.Page, *, width_px: int, height_px: int) -> Affine:
    """From px of the page as it is shown (origin top left) to the page's user space.

    The scale is that of the box, not of a dpi: a page that is one scan has the scan's pixels, and
    UserUnit changes nothing.
    """
    left, bottom, right, top = shown_box(page)
    across, down = (right - left) / width_px, (top - bottom) / height_px
    match _quarter_turns(page):
        case 0:
            return Affine(a=across, b=0, c=0, d=-down, e=left, f=top)
        case 2:
            return Affine(a=-across, b=0, c=0, d=down, e=right, f=bottom)
        case turns:
            # Shown on its side: the image's width runs along the page's height.
            across, down = (top - bottom) / width_px, (right - left) / height_px
            if turns == 1:
                return Affine(a=0, b=across, c=down, d=0, e=left, f=bottom)
            return Affine(a=0, b=-across, c=-down, d=0, e=right, f=top)


def shown_box(page: pikepdf.Page) -> Box:
    """CropBox within MediaBox, as PDFium does it (core/fpdfapi/page/cpdf_page.cpp)."""
    media = _box(page.obj.get("/MediaBox")) or _LETTER
    crop = _box(page.obj.get("/CropBox"))
    if crop is None:
        return media
    both = (
        max(media[0], crop[0]),
        max(media[1], crop[1]),
        min(media[2], crop[2]),
        min(media[3], crop[3]),
    )
    return both if both[0] < both[2] and both[1] < both[3] else media


def _box(value: pikepdf.Object | None) -> Box | None:
    try:
        x0, y0, x1, y1 = (float(each) for each in value)  # type: ignore[union-attr]
    except (TypeError, ValueError):
        return None
    box = min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
    return box if box[0] < box[2] and box[1] < box[3] and all(map(math.isfinite, box)) else None


def _quarter_turns(page: pikepdf.Page) -> int:
    try:
        # Towards zero, as PDFium divides.
        return int(float(page.obj.get("/Rotate", 0)) / 90) % 4
    except (TypeError, ValueError, OverflowError):
        return 0
