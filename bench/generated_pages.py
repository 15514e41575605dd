"""Pages of random words in many fonts, sizes and states: for what must not be fitted to real files.

Fonts are those that matplotlib carries (extra `bench`). The same pages for the same seed.
"""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import matplotlib as mpl
import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from samples import truth
from samples.scan_look import photographed, scanned

_SIZE_PX: Final = (1240, 1754)  # A4 at 150 dpi
_MARGIN_PX: Final = 90
# Families with letters, not those of mathematical signs.
_FONTS: Final = (
    "DejaVuSans*.ttf",
    "DejaVuSerif*.ttf",
    "STIXGeneral*.ttf",
    "cmr10.ttf",
    "cmss10.ttf",
)
_SIGNS: Final = ".,:;-()/%$&@#*+='\"!?"

_LETTERS: Final = (*range(48, 58), *range(65, 91), *range(97, 123), *range(0xC0, 0x17F))
_KNOWN: Final = [
    word
    for document in (truth.LETTER, truth.REPORT, truth.NOTE)
    for page in document
    for line in page
    for word in line.split()
]


def pages(count: int, *, seed: int) -> Iterator[Image.Image]:
    """`count` pages: clean, scanned, photographed, inverted, in colours, by turns."""
    chance = random.Random(seed)  # noqa: S311 - pages, not secrets
    fonts = sorted(
        path for pattern in _FONTS for path in Path(mpl.get_data_path(), "fonts/ttf").glob(pattern)
    )
    for number in range(count):
        page = _page(chance, fonts)
        match number % 5:
            case 1:
                page = scanned(page, skew_degrees=chance.uniform(-1, 1), seed=seed + number)
            case 2:
                page = photographed(page, seed=seed + number)
            case 3:
                page = ImageOps.invert(page)
            case 4:
                page = _tinted(page, chance)
        yield page


def _page(chance: random.Random, fonts: list[Path]) -> Image.Image:
    page = Image.new("L", _SIZE_PX, 255)
    pen = ImageDraw.Draw(page)
    top_px = _MARGIN_PX
    while True:
        font = ImageFont.truetype(str(chance.choice(fonts)), chance.randint(16, 46))
        for _ in range(chance.randint(1, 5)):
            if top_px > _SIZE_PX[1] - _MARGIN_PX:
                return page
            text = _words(chance)
            while pen.textlength(text, font=font) > _SIZE_PX[0] - 2 * _MARGIN_PX:
                text = text[: len(text) * 3 // 4]
            pen.text((_MARGIN_PX, top_px), text, fill=chance.randint(0, 90), font=font)
            top_px += int(font.size * chance.uniform(1.25, 1.9))


def _words(chance: random.Random) -> str:
    words = []
    for _ in range(chance.randint(1, 14)):
        kind = chance.random()
        if kind < 0.6:
            words.append(chance.choice(_KNOWN))
        elif kind < 0.8:
            whole = chance.randint(0, 10 ** chance.randint(1, 7))
            words.append(f"{whole:,}.{chance.randint(0, 99):02}")
        else:
            letters = [chr(chance.choice(_LETTERS)) for _ in range(chance.randint(1, 9))]
            words.append("".join(letters) + chance.choice(_SIGNS))
    return chance.choice((str.upper, str, str, str))(" ".join(words))


def _tinted(page: Image.Image, chance: random.Random) -> Image.Image:
    """Coloured ink on coloured paper."""
    ink = np.array([chance.randint(0, 110) for _ in range(3)], np.float32)
    paper = np.array([chance.randint(170, 255) for _ in range(3)], np.float32)
    share = np.asarray(page, np.float32)[:, :, None] / 255
    return Image.fromarray((ink + (paper - ink) * share).astype(np.uint8))
