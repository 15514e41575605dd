"""Lines of print whose words' places are known, on pages turned by any angle."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

TEXT: Final = 'The quick brown fox jumps over the lazy dog, then 1,234.50 more; it was "late" (May)'


@dataclass(frozen=True, kw_only=True)
class PrintedWord:
    """`box`: left, top, right, bottom of its ink on the page before it was turned, px."""

    text: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class PrintedPage:
    """`degrees`: by how much its text is turned, clockwise."""

    image: Image.Image
    words: tuple[PrintedWord, ...]
    degrees: float

    def straight(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points (..., 2) of the page as they were before it was turned."""
        angle = math.radians(self.degrees)
        turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        middle = np.array(self.image.size) / 2
        straight: NDArray[np.float64] = (points - middle) @ turn + middle
        return straight


def font_of(size_px: int, name: str = "DejaVuSans") -> ImageFont.FreeTypeFont:
    """One of those that come with Matplotlib."""
    return ImageFont.truetype(str(Path(mpl.get_data_path(), f"fonts/ttf/{name}.ttf")), size_px)


def printed_page(
    *, size_px: int, degrees: float = 0.0, text: str = TEXT, rows: int = 3
) -> PrintedPage:
    font = font_of(size_px)
    side_px = int(font.getlength(text)) + 200
    page = Image.new("RGB", (side_px, side_px), "white")
    pen = ImageDraw.Draw(page)
    words = []
    for row in range(rows):
        x, y = 100.0, side_px / 2 + 2.0 * size_px * (row - rows / 2)
        for word in text.split():
            pen.text((x, y), word, font=font, fill="black")
            words.append(PrintedWord(text=word, box=pen.textbbox((x, y), word, font=font)))
            x += font.getlength(f"{word} ")
    turned = page.rotate(-degrees, resample=Image.Resampling.BICUBIC, fillcolor="white")
    return PrintedPage(image=turned, words=tuple(words), degrees=degrees)
