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
        columns, rows = (_margin(side) for side in small.size)
        self.inside = small.crop((columns, rows, small.width - columns, small.height - rows))
        below = list(accumulate(self.inside.histogram()))
        few = min(_FEW_PX, below[-1] // 200)
        self.median = bisect_left(below, (below[-1] + 1) // 2)
        self.are_of_print = _spread(below, few=few) > _MOST_SPREAD


def top_is_of_print(top: Image.Image, *, height: int) -> bool:
    """Whether the top of a page has the tones of print, which the page as a whole has then too.
    `top`: in grey at about 25 dpi, at which the page is so high."""
    columns, above = _margin(top.width), _margin(height)
    bottom = min(top.height, height - above)
    if bottom <= above or 2 * columns >= top.width:
        return False
    below = list(accumulate(top.crop((columns, above, top.width - columns, bottom)).histogram()))
    return below[-1] > 2 * _FEW_PX and _spread(below, few=_FEW_PX) > _MOST_SPREAD


def _margin(side: int) -> int:
    return max(1, round(side * 1.5 * MARGIN))


def _spread(below: list[int], *, few: int) -> int:
    """From the darkest to the brightest tone, but for so few pixels at either end. `below`: how
    many pixels have a tone, or a darker one."""
    return bisect_left(below, below[-1] - few) - bisect_left(below, few + 1)
