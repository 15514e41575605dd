"""The end of a job: outputs, summary, and then the removal of what led to them."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import structlog

from aggregator.ending import Ending, missing_page_error
from aggregator.ending_formats import EndingFormats
from aggregator.format_files import NOTHING
from aggregator.metrics import JobMetrics
from aggregator.output_store import OutputStore
from aggregator.outputs import output_files
from aggregator.page_order import in_page_order
from aggregator.signs_of_life import done_by_another
from broker.announcements import Announcements
from broker.job_marks import JobMarks
from broker.job_store import JobStore
from broker.page_queue import PageQueue
from broker.results import Results
from contracts.events import JobFinished
from contracts.jobs import JobManifest, JobSummary
from contracts.pages import PageFailed
from faults.fail_points import fail_point
from tracing.work import note

log = structlog.get_logger(__name__)


class Assembler:
    """Ends jobs. Several may try at once, or one again after a crash: the first summary counts."""

    def __init__(
        self,
        *,
        results: Results,
        jobs: JobStore,
        marks: JobMarks,
        pages: PageQueue,
        outputs: OutputStore,
        formats: EndingFormats,
        announcements: Announcements,
        temp_dir: Path,
    ) -> None:
        self._results = results
        self._jobs = jobs
        self._marks = marks
        self._pages = pages
        self._outputs = outputs
        self._formats = formats
        self._announcements = announcements
        self._temp_dir = temp_dir
        # Whose ending this process has claimed: when it tries again, it waits for nobody else.
        self._claimed: set[str] = set()

    async def finish(self, manifest: JobManifest, ending: Ending) -> None:
        """Ends a job: one whose pages have all ended, or that is not to be waited for.

        Raises: BrokerUnavailable, StoreFull, TempFolderUnusable: call again.
        """
        job_id = manifest.job_id
        if ending != "complete":
            await self._pages.remove_all_of(job_id)
        if not await self._ended_by_another(job_id):
            summary = await self._assemble(manifest, ending)
            fail_point("aggregator.outputs_written")
            # From here on the job has ended, whatever dies.
            if await self._jobs.manifest(job_id, certain=True) is None:
                # Ended by another meanwhile, and deleted too: nothing may tell of it any more.
                await self._outputs.remove(summary.outputs)
            elif await self._jobs.publish_summary(summary):
                note(status=summary.status, pages=summary.total_pages)
                log.info("job ended", job_id=job_id, status=summary.status)
                await self._announcements.tell(JobFinished(job_id=job_id, status=summary.status))
            else:
                await self._outputs.remove(summary.outputs)
            fail_point("aggregator.summary_stored")
        await self.clear(job_id)
        if ending != "complete":
            # Those that ingest has put there since; from now on it sees that the job has ended.
            await self._pages.remove_all_of(job_id)

    async def clear(self, job_id: str) -> None:
        """Tells its tenant of a job's end, and removes what it left: results, manifest, marks."""
        await self._jobs.tell_tenant(job_id)
        await self._results.purge(job_id)
        fail_point("aggregator.results_purged")
        await self._jobs.forget(job_id)
        self._claimed.discard(job_id)

    async def _ended_by_another(self, job_id: str) -> bool:
        if await self._is_over(job_id):
            self._claimed.discard(job_id)
            return True
        if job_id in self._claimed or await self._marks.claim_ending(job_id):
            self._claimed.add(job_id)
            return False
        # Assembling twice would be harmless, but double the work of every job.
        return await done_by_another(
            is_over=partial(self._is_over, job_id),
            sign=partial(self._marks.ending_claim, job_id),
        )

    async def _is_over(self, job_id: str) -> bool:
        """Whether the job has ended, and perhaps been deleted since."""
        return (
            await self._jobs.manifest(job_id, certain=True) is None
            or await self._jobs.summary(job_id, certain=True) is not None
        )

    async def _assemble(self, manifest: JobManifest, ending: Ending) -> JobSummary:
        job_id = manifest.job_id
        metrics = JobMetrics(manifest=manifest)
        rejection = await self._results.rejection(job_id)
        if rejection is not None:
            metrics.reject(rejection.error)
        with output_files(self._temp_dir) as files:
            indexes = manifest.selected.indexes()
            async for page_index, found, told in in_page_order(self._results, job_id, indexes):
                if found is None and ending == "cancelled":
                    continue
                result = found or PageFailed(
                    job_id=job_id, page_index=page_index, error=missing_page_error(manifest, ending)
                )
                if manifest.documents:
                    named = {"document": manifest.document_of(page_index)}
                    result = result.model_copy(update=named)
                metrics.add(result)
                files.add(result, told=told if result is found else None)
            if ending == "cancelled":
                metrics.cancel()
            summary = metrics.summary(end_time=datetime.now(UTC))
            made = await self._formats.of(manifest, summary, files, ending=ending)
            if made is not NOTHING:
                summary = metrics.summary(end_time=datetime.now(UTC))
                # Its status is that of its pages.
                errors = (*summary.errors, *made.errors)
                summary = summary.model_copy(update={"errors": errors})
            files.finish(summary)
            outputs = await self._outputs.store(job_id, files, made)
            return summary.model_copy(update={"outputs": outputs})
