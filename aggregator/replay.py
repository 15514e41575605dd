"""Dead pages that were read again, put into the outputs of the job that ended without them."""

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path

import structlog

from aggregator.format_files import FormatFiles
from aggregator.metrics import JobMetrics
from aggregator.output_store import OutputStore
from aggregator.outputs import output_files
from broker.connection import Broker
from broker.dead_page_store import DeadPageStore
from broker.job_store import JobStore
from broker.object_reading import ObjectMissing
from broker.results import Results
from contracts.jobs import JobManifest, JobSummary
from contracts.pages import PageFailed, PageResult, PageSucceeded, from_report
from faults.fail_points import fail_point

log = structlog.get_logger(__name__)


class Replayer:
    """Makes the next revision of a job's outputs and summary."""

    def __init__(
        self,
        broker: Broker,
        *,
        results: Results,
        jobs: JobStore,
        outputs: OutputStore,
        formats: FormatFiles,
        temp_dir: Path,
    ) -> None:
        self._results = results
        self._jobs = jobs
        self._outputs = outputs
        self._formats = formats
        self._dead_pages = DeadPageStore(broker)
        self._temp_dir = temp_dir

    async def finish(self, replay: JobManifest) -> None:
        """Ends a replay whose pages have all ended; doing so again changes nothing.

        Raises: BrokerUnavailable, StoreFull, TempFolderUnusable: call again.
        """
        job_id = replay.replays or ""
        while True:
            before, sequence = await self._jobs.latest_summary(job_id)
            if before is None or before.outputs is None or replay.job_id in before.replayed_by:
                log.info("nothing to replay into", job_id=job_id, replay=replay.job_id)
                break
            try:
                summary = await self._patched(before, replay)
            except ObjectMissing as gone:
                # The dead pages stay: their images are all that is left of the job.
                log.warning("outputs of a job have expired", job_id=job_id, reason=str(gone))
                await self._dead_pages.remove(replay.job_id)
                return
            if await self._jobs.publish_summary(summary, after=sequence):
                log.info("job revised", job_id=job_id, revision=summary.revision)
                fail_point("aggregator.revision_stored")
                await self._outputs.remove(before.outputs)
                break
            # Another replay of the same job was quicker; ours goes on top of it.
            await self._outputs.remove(summary.outputs)
        await self._forget_what_lives(replay)

    async def _patched(self, before: JobSummary, replay: JobManifest) -> JobSummary:
        metrics = JobMetrics(manifest=_manifest_of(before, replay))
        metrics.carry_over(before)
        with output_files(self._temp_dir) as files:
            async for result in self._pages(before, replay):
                metrics.add(result)
                files.add(result)
            summary = metrics.summary(end_time=datetime.now(UTC)).model_copy(
                update={
                    "total_pages": before.total_pages,
                    "revision": before.revision + 1,
                    "replayed_by": (*before.replayed_by, replay.job_id),
                    "language": before.language,
                    "options": before.options,
                }
            )
            # Formats that were asked for at submission are made for each revision.
            asked_for = before.outputs.formats if before.outputs is not None else ()
            made = await self._formats.all_of(asked_for, summary=summary, pages=files.all_pages())
            summary = summary.model_copy(update={"errors": (*summary.errors, *made.errors)})
            files.finish(summary)
            outputs = await self._outputs.store(before.job_id, files, made)
            return summary.model_copy(update={"outputs": outputs})

    async def _pages(self, before: JobSummary, replay: JobManifest) -> AsyncIterator[PageResult]:
        """The job's pages in order, those that the replay has read in the place of the dead."""
        if before.outputs is None:
            return
        rest = b""
        async with aclosing(self._outputs.bucket.read(before.outputs.pages)) as chunks:
            async for chunk in chunks:
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    old = from_report(before.job_id, json.loads(line))
                    yield await self._newer(old, replay)

    async def _newer(self, old: PageResult, replay: JobManifest) -> PageResult:
        if _is_whole(old) or old.page_index not in replay.selected:
            return old
        new = await self._results.page(job_id=replay.job_id, page_index=old.page_index)
        return page_after_replay(old, new)

    async def _forget_what_lives(self, replay: JobManifest) -> None:
        for page_index in replay.selected.indexes():
            result = await self._results.page(job_id=replay.job_id, page_index=page_index)
            if result is not None and _is_whole(result):
                await self._dead_pages.remove(replay.replays or "", page_index)
        # Those that died again are kept under the job's own id as they were.
        await self._dead_pages.remove(replay.job_id)


def page_after_replay(old: PageResult, new: PageResult | None) -> PageResult:
    """What a job has of a page that a replay has read as `new`; None: it has not."""
    if new is None or (isinstance(new, PageFailed) and isinstance(old, PageSucceeded)):
        return old  # its known lines are more than nothing
    return new.model_copy(update={"job_id": old.job_id, "document": old.document})


def _is_whole(page: PageResult) -> bool:
    """Whether nothing is left to be read of it; a dead page may have its known lines."""
    return isinstance(page, PageSucceeded) and page.error is None


def _manifest_of(before: JobSummary, replay: JobManifest) -> JobManifest:
    """What the metrics of the revised job are counted for."""
    return replay.model_copy(
        update={
            "job_id": before.job_id,
            "filename": before.filename,
            "file_size_bytes": before.file_size_bytes,
            "start_time": before.start_time,
            "document_sha256": before.document_sha256,
            "documents": before.documents,
            # A replay may be of a release that did not say whose it is.
            "tenant": before.tenant,
        }
    )
