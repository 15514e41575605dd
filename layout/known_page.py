"""A page of which only the text is left that was known before it was to be read."""

from contracts.pages import INGEST, PageFailed, PageSucceeded, PageTask


def page_of_known_lines(task: PageTask, failed: PageFailed) -> PageSucceeded | PageFailed:
    """The end of a page that could not be read: its known lines, with `error` saying what is
    missing; `failed` where nothing is known of it."""
    if not task.known_lines:
        return failed
    from layout.laid_out import laid_out  # noqa: PLC0415 - 10 ms of each start, rarely needed

    page = laid_out(
        task.known_lines,
        width_px=task.width_px,
        height_px=task.height_px,
        running_heads=task.running_heads,
    )
    return PageSucceeded(
        job_id=task.job_id,
        page_index=task.page_index,
        source="text_layer",
        text=page.text,
        markdown=page.markdown,
        confidence=1.0,
        width_px=task.width_px,
        height_px=task.height_px,
        dpi=task.dpi,
        lines=page.lines,
        worker=failed.worker or INGEST,
        attempts=failed.attempts,
        duration_ms=failed.duration_ms,
        error=f"text outside of the page's text layer, as in pictures, is missing: {failed.error}",
    )
