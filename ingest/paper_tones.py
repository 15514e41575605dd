"""How dark and bright a page is at 25 dpi: what tells most pages of print from blank ones, without
NumPy, which takes as long to load as twenty scans take to be taken out."""

from bisect import bisect_left
from itertools import accumulate
from typing import Final

from PIL import Image

SMALL_DPI: Final = 25
# Of the page's width and height: the shadow along an edge of the glass.
MARGIN: Final = 0.04
# Brightest and darkest of paper in uneven light, inside of its margins.
_MOST_SPREAD: Final = 60
# Fewer than in any shape that is wider than 9 mm (ingest.blank_pages).
_FEW_PX: Final = 40


def small_grey(image: Image.Image, *, dpi: int) -> Image.Image:
    """The image in grey at about 25 dpi, by averages."""
    factor = max(1, round(dpi / SMALL_DPI))
    small = image.reduce(factor) if factor > 1 else image.copy()
    return small if small.mode == "L" else small.convert("L")


class Tones:
    """Of what lies inside the margins of a page in grey at about 25 dpi. `median`: the paper's;
    `are_of_print`: darkest and brightest are further apart than on paper; single pixels do not
    count."""

    def __init__(self, small: Image.Image) -> None:
        columns, rows = (max(1, round(side * 1.5 * MARGIN)) for side in small.size)
        self.inside = small.crop((columns, rows, small.width - columns, small.height - rows))
        below = list(accumulate(self.inside.histogram()))
        few = min(_FEW_PX, below[-1] // 200)
        darkest, self.median, brightest = (
            bisect_left(below, count) for count in (few + 1, (below[-1] + 1) // 2, below[-1] - few)
        )
        self.are_of_print = brightest - darkest > _MOST_SPREAD
