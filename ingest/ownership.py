"""Whose a job id is, and whether its job is still to be done."""

import structlog

from broker.announcements import Announcements
from broker.job_marks import JobMarks
from broker.job_store import JobStore
from broker.page_queue import PageQueue
from broker.submissions import Submission
from contracts.events import SubmissionRefused

log = structlog.get_logger(__name__)


class Ownership:
    """Looks at what the broker holds of a job before anything is done for it."""

    def __init__(
        self, *, pages: PageQueue, jobs: JobStore, marks: JobMarks, announcements: Announcements
    ) -> None:
        self._pages = pages
        self._jobs = jobs
        self._marks = marks
        self._announcements = announcements

    async def is_wanted(self, submission: Submission, *, job_id: str, sha256: str) -> bool:
        """Whether the job is this document's, and still to be done. Raises: BrokerUnavailable."""
        if await self._jobs.is_buried(job_id):
            log.warning("submission of a deleted job", job_id=job_id)
            error = f"job {job_id} was deleted, and its id is not free for a day; take another id"
            await self._announcements.tell(SubmissionRefused(job_id=job_id, error=error))
            return False
        summary = await self._jobs.summary(job_id, certain=True)
        owner = (
            summary.document_sha256
            if summary is not None
            else await self._marks.claim(job_id, sha256)
        )
        if owner not in {"", sha256}:
            error = (
                f"job id {job_id} belongs to another document; "
                "submit this one under another id, or without one"
            )
            log.warning("submission refused", job_id=job_id, filename=submission.filename)
            await self._announcements.tell(SubmissionRefused(job_id=job_id, error=error))
            return False
        if summary is None:
            return True
        log.info("submission of a job that has ended", job_id=job_id, status=summary.status)
        # A door may have claimed the job anew, or ingest died after publishing pages again.
        await self._pages.remove_all_of(job_id)
        await self._jobs.forget(job_id)
        return False
