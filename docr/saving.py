"""The outputs of a job into files: NAME.txt, NAME.md and NAME.json."""

from pathlib import Path

from contracts.jobs import JobSummary
from docr.client import AsyncJob


async def save_outputs(job: AsyncJob, summary: JobSummary, base: Path) -> Path | None:
    """Writes the files of `base`, a path without an ending; those of an earlier job go. Returns
    that of the text, None if none of it was read. Raises: OSError, ObjectMissing."""
    base.parent.mkdir(parents=True, exist_ok=True)
    text, markdown, result = (
        base.with_name(base.name + ending) for ending in (".txt", ".md", ".json")
    )
    if summary.pages_processed:
        await job.save(text, "text")
        await job.save(markdown, "markdown")
    else:
        for stale in (text, markdown):
            stale.unlink(missing_ok=True)
    await job.save(result, "result")
    return text if summary.pages_processed else None
