"""Pages so long and narrow that detection, which sees a page whole, would see no letter of them: in
parts that it can look at one by one."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ocr_node.engines.runs import runs_of

# Twice the largest look of detection: up to here print of 10 pt at 200 dpi is large enough in it.
_SEEN_WHOLE_PX: Final = 3200
# Pages of a printer are less than twice as long as wide, receipts up to five times; what is longer
# than twice the above is no page of 200 dpi, but may be one of 600.
_NARROW: Final = ((_SEEN_WHOLE_PX, 6.0), (2 * _SEEN_WHOLE_PX, 3.0))
# Of a part: the shape of a receipt, not so short that it would have to be enlarged.
_PART: Final = 4.0
_LEAST_PART_PX: Final = 736
# How far from its place a part may end to find a gap in the text, by the length of a part.
_AROUND: Final = 0.25
# A row of pixels as even as the most even one, but for this share of the unevenness of print, and
# but for the noise of a scanner, is one of a gap.
_AS_EVEN: Final = 0.1
_NOISE: Final = 2.0
# What is as even as this as a whole shows nothing.
_BLANK: Final = 8


@dataclass(frozen=True, kw_only=True)
class Part:
    """`left`, `top`: where on the page it begins, px."""

    pixels: NDArray[np.uint8]
    left: int
    top: int


def parts_of(page: NDArray[np.uint8]) -> list[Part]:
    """The parts of a long and narrow page (height, width, 3) in which something is, in order; none
    of any other page. They end where the text has gaps, so that none of it is in two of them."""
    height_px, width_px = page.shape[:2]
    longer_px, shorter_px = max(height_px, width_px), min(height_px, width_px)
    if not any(longer_px > px and longer_px >= times * shorter_px for px, times in _NARROW):
        return []
    part_px = min(max(_PART * shorter_px, _LEAST_PART_PX), _SEEN_WHOLE_PX)
    # As if it stood: green, in which print of most colours is dark.
    upright = page[:, :, 1] if height_px >= width_px else page[:, :, 1].T
    count = math.ceil(longer_px / part_px)
    ends = [_gap_near(upright, round(longer_px * n / count), part_px) for n in range(1, count)]
    parts = []
    for start, end in zip([0, *ends], [*ends, longer_px], strict=True):
        if height_px >= width_px:
            part = Part(pixels=page[start:end], left=0, top=start)
        else:
            part = Part(pixels=page[:, start:end], left=start, top=0)
        if int(part.pixels.max()) - int(part.pixels.min()) > _BLANK:
            parts.append(part)
    return parts


def _gap_near(upright: NDArray[np.uint8], row: int, part_px: float) -> int:
    """The row in the middle of the widest gap around `row`."""
    reach = int(_AROUND * part_px)
    first = row - reach
    uneven = upright[first : row + reach].std(axis=1)
    least = float(uneven.min())
    even = uneven <= least + max(_NOISE, _AS_EVEN * (float(uneven.max()) - least))
    starts, ends = runs_of(even).T
    widest = int(np.argmax(ends - starts))
    return first + int(starts[widest] + ends[widest]) // 2
