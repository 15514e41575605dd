"""Formats that were asked for at submission: made at the job's end, before its summary is told."""

import asyncio
from functools import partial

from aggregator.ending import Ending
from aggregator.format_files import (
    NOTHING,
    FormatFiles,
    Made,
    about,
    formats_asked_for,
    left_s,
)
from aggregator.outputs import OutputFiles
from aggregator.signs_of_life import signs_of_life
from broker.job_marks import JobMarks
from contracts.jobs import JobManifest, JobSummary
from faults.fail_points import fail_point


class EndingFormats:
    """All of a job, by its deadline."""

    def __init__(self, files: FormatFiles, marks: JobMarks) -> None:
        self._files = files
        self._marks = marks

    async def of(
        self, manifest: JobManifest, summary: JobSummary, files: OutputFiles, *, ending: Ending
    ) -> Made:
        """What could be made. Raises: BrokerUnavailable, OSError."""
        wanted = formats_asked_for(manifest)
        # The reason why nothing was read stands in the summary already.
        if not wanted or not summary.pages_processed or ending == "cancelled":
            return NOTHING
        pages = files.all_pages()
        try:
            async with (
                asyncio.timeout(left_s(manifest, ending)),
                signs_of_life(partial(self._marks.renew_ending, manifest.job_id)),
            ):
                made = await self._files.all_of(wanted, summary=summary, pages=pages)
        except TimeoutError:
            late = "not made before the job's deadline; ask for it now, it is made of what was read"
            return Made(errors=tuple(about(each, late) for each in wanted))
        fail_point("aggregator.formats_made")
        return made
