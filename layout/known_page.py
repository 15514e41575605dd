"""The result of a page that nobody could read, and whose text layer has told lines all the same."""

from contracts.pages import INGEST, PageFailed, PageSucceeded, PageTask
from layout.page_of_lines import page_of


def known_part(task: PageTask | None, failed: PageFailed) -> PageSucceeded | None:
    """What is known of the page without reading it; None if nothing is. What its pictures may hold
    is lost, its text is not."""
    if task is None or not task.known_lines:
        return None
    page = page_of(task.known_lines)
    return PageSucceeded(
        job_id=failed.job_id,
        page_index=failed.page_index,
        source="text_layer",
        text=page.text,
        markdown=page.markdown,
        confidence=page.confidence,
        width_px=task.width_px,
        height_px=task.height_px,
        dpi=task.dpi,
        lines=page.lines,
        worker=failed.worker or INGEST,
        attempts=failed.attempts,
        duration_ms=failed.duration_ms,
    )
