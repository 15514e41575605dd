"""The result of a page that ingest ends itself: what a node would say of it, had it read it."""

import math
from collections.abc import Sequence

from contracts.job_options import RunningHeads
from contracts.pages import INGEST, Line, PageSucceeded
from ingest.finished_page import FinishedPage
from layout.laid_out import laid_out


def result_of(
    page: FinishedPage, *, page_index: int, duration_ms: float, running_heads: RunningHeads
) -> PageSucceeded:
    """The page's result, of a job that is named later."""
    angle_deg = _turned_deg(page.lines)
    told = laid_out(
        page.lines,
        angle_deg=angle_deg,
        width_px=page.width_px,
        height_px=page.height_px,
        running_heads=running_heads,
    )
    return PageSucceeded(
        job_id="",
        page_index=page_index,
        source=page.source,
        text=told.text,
        markdown=told.markdown,
        confidence=1.0 if told.lines else 0.0,
        width_px=page.width_px,
        height_px=page.height_px,
        dpi=page.dpi,
        lines=told.lines,
        worker=INGEST,
        attempts=1,
        duration_ms=round(duration_ms, 3),
        angle_deg=angle_deg,
        error=page.error,
    )


def _turned_deg(lines: Sequence[Line]) -> float:
    """By how many quarters most of the letters are turned, clockwise; see PageSucceeded."""
    letters = [0, 0, 0, 0]
    for line in lines:
        (left, top), (right, bottom), *_ = line.polygon
        quarter = round(math.atan2(bottom - top, right - left) / (math.pi / 2)) % 4
        letters[quarter] += len(line.text)
    return (0.0, 90.0, 180.0, -90.0)[letters.index(max(letters))]
