"""One submission from the queue to its last page task."""

import asyncio
import tempfile
from datetime import UTC
from pathlib import Path
from typing import Final

import structlog

from broker.announcements import Announcements
from broker.job_store import JobStore
from broker.objects import ObjectMissing
from broker.page_queue import PageQueue
from broker.results import Results
from broker.submissions import Submission
from contracts.errors import DocumentRejected, InvalidOption, PageUnreadable, PermanentError
from contracts.events import JobAccepted
from contracts.ids import checked_token
from contracts.job_options import JobOptions
from contracts.jobs import DocumentFailed, JobManifest
from contracts.page_ranges import SelectedPages
from contracts.pages import PageFailed, PageTask
from ingest.rasteriser import Rasteriser

log = structlog.get_logger(__name__)

# What a restart renders twice at the most; their results count once all the same.
_CHECKPOINT_EVERY_PAGES: Final = 16


class Intake:
    """Takes submissions one after the other.

    What it wrote before a crash it finds again: manifest, checkpoint, results of pages.
    """

    def __init__(
        self,
        *,
        rasteriser: Rasteriser,
        pages: PageQueue,
        results: Results,
        jobs: JobStore,
        announcements: Announcements,
        defaults: JobOptions,
        temp_dir: Path,
    ) -> None:
        self._rasteriser = rasteriser
        self._pages = pages
        self._results = results
        self._jobs = jobs
        self._announcements = announcements
        self._defaults = defaults
        self._temp_dir = temp_dir

    async def take(self, submission: Submission) -> None:
        """Puts the document's pages into the queue, or ends its job with a reason.

        The caller acks afterwards: from the first step to the last, trying again is harmless.
        Raises: BrokerUnavailable, StoreFull.
        """
        job_id, wrong_id = job_id_of(submission)
        if await self._jobs.summary(job_id) is not None:
            log.info("submission of a job that has ended", job_id=job_id)
            return
        size = 0
        with tempfile.TemporaryDirectory(dir=self._temp_dir, prefix="ingest-") as folder:
            try:
                if wrong_id is not None:
                    raise wrong_id
                options = JobOptions.from_headers(submission.headers, defaults=self._defaults)
                path = Path(folder) / "document"
                size = await submission.save(path)
                page_count = await self._rasteriser.open(path, dpi=options.dpi)
                selected = options.pages.within(page_count)
            except (DocumentRejected, InvalidOption, ObjectMissing) as reason:
                await self._reject(submission, job_id=job_id, size=size, reason=reason)
                return
            manifest = await self._manifest(
                submission, job_id=job_id, options=options, selected=selected, size=size
            )
            await self._publish_pages(manifest, options)
        log.info("all pages are in the queue", job_id=job_id, pages=manifest.total_pages)

    async def give_up(self, submission: Submission) -> None:
        """Ends the job of a submission at which ingest itself fails again and again."""
        job_id, _ = job_id_of(submission)
        reason = DocumentRejected(
            "the document could not be taken in; look for its job id in the log of ingest, "
            "and report it with the document"
        )
        await self._reject(submission, job_id=job_id, size=0, reason=reason)

    async def _manifest(
        self,
        submission: Submission,
        *,
        job_id: str,
        options: JobOptions | None,
        selected: SelectedPages,
        size: int,
    ) -> JobManifest:
        """The job's manifest: the one that is stored, or else a new one, stored now."""
        if (known := await self._jobs.manifest(job_id)) is not None:
            return known
        manifest = JobManifest(
            job_id=job_id,
            filename=submission.filename,
            options=options,
            selected=selected,
            file_size_bytes=size,
            start_time=submission.stored_at.astimezone(UTC),
        )
        await self._jobs.put_manifest(manifest)
        await self._announcements.tell(JobAccepted(job_id=job_id, total_pages=manifest.total_pages))
        log.info("document opened", job_id=job_id, pages=manifest.total_pages, bytes=size)
        return manifest

    async def _publish_pages(self, manifest: JobManifest, options: JobOptions) -> None:
        job_id = manifest.job_id
        done = await self._jobs.checkpoint(job_id)
        for count, page_index in enumerate(manifest.selected.indexes(after=done), start=1):
            try:
                image = await self._rasteriser.render(page_index)
                await self._pages.publish(
                    PageTask(
                        job_id=job_id,
                        page_index=page_index,
                        image=image.data,
                        width_px=image.width_px,
                        height_px=image.height_px,
                        dpi=image.dpi,
                        language=options.language,
                        tenant=options.tenant,
                        priority=options.priority,
                    )
                )
            except PageUnreadable as reason:
                log.warning(
                    "page cannot be rendered",
                    job_id=job_id,
                    page_index=page_index,
                    reason=str(reason),
                )
                await self._results.publish(
                    PageFailed(
                        job_id=job_id, page_index=page_index, error=str(reason), dpi=options.dpi
                    )
                )
            if count % _CHECKPOINT_EVERY_PAGES == 0:
                await self._jobs.put_checkpoint(job_id, page_index)

    async def _reject(
        self, submission: Submission, *, job_id: str, size: int, reason: PermanentError
    ) -> None:
        log.warning("document rejected", job_id=job_id, reason=str(reason))
        nothing = SelectedPages(ranges=())
        await self._manifest(submission, job_id=job_id, options=None, selected=nothing, size=size)
        await self._results.publish(DocumentFailed(job_id=job_id, error=str(reason)))


def job_id_of(submission: Submission) -> tuple[str, InvalidOption | None]:
    """The job's id, the same at every delivery, and what is wrong with the one that was asked for.

    Without a usable one the place in the stream serves: milliseconds, then the sequence.
    """
    own = (
        f"{int(submission.stored_at.timestamp() * 1000):012x}"
        f"{submission.delivery.stream_sequence:020x}"
    )
    if submission.job_id is None:
        return own, None
    try:
        return checked_token(submission.job_id, what="the job id of header Ocr-Job-Id"), None
    except InvalidOption as wrong:
        return own, wrong


async def hold_lease(submission: Submission, every_s: float) -> None:
    """Renews the submission's lease for as long as it runs: a big document takes hours."""
    while True:
        await asyncio.sleep(every_s)
        await submission.delivery.renew()
