"""From a PDF page's own coordinates to the pixels of its image: crop box and rotation included."""

import ctypes
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import pypdfium2
import pypdfium2.raw as pdfium

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# PDFium answers in whole units: a thousandth of a pixel is fine enough.
_FINE: Final = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class PageFrame:
    """x_px = a x + c y + e, y_px = b x + d y + f; x, y in pt, origin bottom left, y upwards."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float
    width_px: int
    height_px: int

    @classmethod
    def of(cls, page: pypdfium2.PdfPage, *, scale: float) -> Self:
        """The frame of the page rendered at `scale` px a pt, as pypdfium2 renders it: up to whole
        pixels."""
        width_pt, height_pt = page.get_size()
        width, height = math.ceil(width_pt * scale), math.ceil(height_pt * scale)
        # The corners of a square of a pt, seen in pixels; a long base keeps the rounding small.
        base = 100.0
        origin = _in_pixels(page, width, height, 0.0, 0.0)
        right = _in_pixels(page, width, height, base, 0.0)
        up = _in_pixels(page, width, height, 0.0, base)
        return cls(
            a=(right[0] - origin[0]) / base,
            b=(right[1] - origin[1]) / base,
            c=(up[0] - origin[0]) / base,
            d=(up[1] - origin[1]) / base,
            e=origin[0],
            f=origin[1],
            width_px=width,
            height_px=height,
        )

    def point[T: (float, NDArray[np.float64])](self, x: T, y: T) -> tuple[T, T]:
        """A point of the page in px, or many of them; origin top left."""
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f

    @property
    def scale(self) -> float:
        """Px a pt."""
        return math.hypot(self.a, self.b)


def _in_pixels(
    page: pypdfium2.PdfPage, width: int, height: int, x: float, y: float
) -> tuple[float, float]:
    device_x, device_y = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDF_PageToDevice(page, 0, 0, width * _FINE, height * _FINE, 0, x, y, device_x, device_y)
    return device_x.value / _FINE, device_y.value / _FINE
