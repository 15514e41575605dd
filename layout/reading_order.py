"""The order in which a person reads the lines of a page: pure geometry, no pixels.

Top to bottom, left to right (right to left where the script is); columns of prose one after the
other; tables row by row; vertical writing from the right-most column on.
"""

from collections.abc import Sequence
from typing import NamedTuple

from contracts.pages import Line
from layout.boxes import boxes_of, frame_of
from layout.columns import in_columns
from layout.rows import BoxRow, rows_of
from layout.running_heads import PageParts, parted

Row = tuple[Line, ...]  # what stands side by side, as it is read
Block = tuple[Row, ...]  # rows that belong together, from the top
BoxBlock = tuple[BoxRow, ...]


class Arranged(NamedTuple):
    """A page in reading order; `header` and `footer`: see running_heads."""

    header: tuple[BoxBlock, ...]
    body: tuple[BoxBlock, ...]
    footer: tuple[BoxBlock, ...]

    @property
    def blocks(self) -> tuple[BoxBlock, ...]:
        return self.header + self.body + self.footer


def in_reading_order(
    lines: Sequence[Line], *, width_px: float = 0.0, height_px: float = 0.0
) -> tuple[Block, ...]:
    """Every line once, as blocks of rows, in reading order; the same for any order of `lines`.

    `width_px`, `height_px`: of the page that the polygons are in; 0: as far as there are lines.
    """
    return tuple(
        tuple(tuple(box.line for box in row) for row in block)
        for block in arranged(lines, width_px=width_px, height_px=height_px).blocks
    )


def arranged(lines: Sequence[Line], *, width_px: float, height_px: float) -> Arranged:
    """As `in_reading_order`, in boxes, and with what is header and footer."""
    if not lines:
        return Arranged(header=(), body=(), footer=())
    frame = frame_of(lines)
    boxes = boxes_of(lines, frame)
    top, bottom, width = boxes[0].top, max(box.bottom for box in boxes), 0.0
    if width_px > 0 and height_px > 0:
        ys = [x * frame.yx + y * frame.yy for x in (0, width_px) for y in (0, height_px)]
        # The corners of a skewed page reach further than its edges do.
        top, bottom = min(*ys, top), max(*ys, bottom)
        width = abs(width_px * frame.xx) + abs(height_px * frame.xy)
    if frame.is_downwards:
        # What is above and below has become left and right.
        header, body, footer = PageParts(header=[], body=boxes, footer=[])
    else:
        header, body, footer = parted(boxes, top=top, bottom=bottom, width=width)
    return Arranged(
        header=(tuple(rows_of(header)),) if header else (),
        body=tuple(tuple(rows_of(part)) for part in in_columns(body)),
        footer=(tuple(rows_of(footer)),) if footer else (),
    )
