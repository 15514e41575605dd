"""The manifest of a job: written once, before its first page."""

from datetime import UTC, timedelta

import structlog

from broker.announcements import Announcements
from broker.job_store import JobStore
from broker.submissions import Submission
from contracts.events import JobAccepted
from contracts.job_options import JobOptions
from contracts.jobs import JobDocument, JobManifest
from contracts.page_ranges import SelectedPages
from ingest.page_publisher import JobHalted
from tracing.work import current_trace

log = structlog.get_logger(__name__)


class Manifests:
    """Writes them, and tells that a job is accepted."""

    def __init__(
        self, *, jobs: JobStore, announcements: Announcements, defaults: JobOptions
    ) -> None:
        self._jobs = jobs
        self._announcements = announcements
        self._defaults = defaults

    async def of(
        self,
        submission: Submission,
        *,
        job_id: str,
        options: JobOptions | None,
        selected: SelectedPages,
        size: int,
        sha256: str,
        documents: tuple[JobDocument, ...] = (),
    ) -> JobManifest:
        """The job's manifest: the one that is stored, or else a new one, stored now.

        Raises: JobHalted if the job has ended meanwhile: another ingest had the same submission.
        """
        if (known := await self._jobs.manifest(job_id, certain=True)) is not None:
            return known
        start = submission.stored_at.astimezone(UTC)
        trace = current_trace()
        manifest = JobManifest(
            job_id=job_id,
            filename=submission.filename,
            options=options,
            selected=selected,
            file_size_bytes=size,
            start_time=start,
            deadline=start + timedelta(seconds=(options or self._defaults).deadline_s),
            document_sha256=sha256,
            tenant=submission.tenant,
            traceparent=trace.header() if trace is not None else None,
            documents=documents,
        )
        await self._jobs.put_manifest(manifest)
        # Written, then asked: the manifest is removed after the summary is there, so one of the
        # two sees the other.
        if await self._jobs.summary(job_id, certain=True) is not None or await self._jobs.is_buried(
            job_id
        ):
            await self._jobs.forget(job_id)
            raise JobHalted
        await self._announcements.tell(
            JobAccepted(job_id=job_id, total_pages=manifest.total_pages, filename=manifest.filename)
        )
        log.info("document opened", job_id=job_id, pages=manifest.total_pages, bytes=size)
        return manifest
