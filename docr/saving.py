"""The outputs of a job into files: NAME.txt, NAME.md and NAME.json."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from contracts.errors import FormatUnavailable
from contracts.jobs import JobSummary
from contracts.output_formats import OutputFormat, file_suffix
from docr.client import AsyncJob
from docr.format_files import file_of, remove_stale

_HEAD_BYTES: Final = 8


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


async def save_formats(
    job: AsyncJob, summary: JobSummary, base: Path, formats: Sequence[OutputFormat]
) -> list[FormatUnavailable]:
    """Writes further files of `base`; returns why there are none of some formats. Raises: OSError,
    ObjectMissing."""
    missing: list[FormatUnavailable] = []
    for each in formats:
        remove_stale(base, each)
        if not summary.pages_processed:
            continue  # the summary says why
        path = file_of(base, each)
        try:
            await job.save(path, each)
        except FormatUnavailable as why:
            missing.append(FormatUnavailable(f"format {each}: {why}"))
            continue
        with path.open("rb") as file:
            suffix = file_suffix(each, head=file.read(_HEAD_BYTES))
        path.replace(file_of(base, each, suffix=suffix))
    return missing
