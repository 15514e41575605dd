"""Whether a document is kept once its pages are read, and when that is done."""

import structlog

from broker.connection import Broker
from broker.job_store import JobStore
from broker.kept_documents import KeptDocuments
from broker.submissions import Submission
from contracts.errors import StoreFull
from contracts.job_options import JobOptions
from faults.fail_points import fail_point

log = structlog.get_logger(__name__)


class DocumentKeeping:
    """`always`: also for who may look at its pages, have it read again, or ask for its PDF, once
    the job has ended. Of a ZIP no PDF is made."""

    def __init__(self, broker: Broker, *, always: bool) -> None:
        self._always = always
        self._documents = KeptDocuments(broker)
        self._jobs = JobStore(broker)

    async def before_pages(
        self, submission: Submission, options: JobOptions, *, is_zip: bool
    ) -> None:
        """Keeps what the end of the job will need: its end may come any time after its last page.
        Raises: BrokerUnavailable."""
        if "pdf" in options.formats and not is_zip:
            await self._keep(submission)

    async def after_pages(
        self, submission: Submission, options: JobOptions, *, is_zip: bool
    ) -> None:
        """Keeps what somebody may ask for later: no page waits for that. Raises:
        BrokerUnavailable."""
        if self._always and ("pdf" not in options.formats or is_zip):
            await self._keep(submission)

    async def after_end(self, submission: Submission, *, sha256: str) -> None:
        """The same for a submission that is handed over once more after its job has ended: the
        ingest before may have died between its last page and the keeping."""
        if not self._always:
            return
        summary = await self._jobs.summary(submission.identity()[0])
        if summary is not None and summary.total_pages and summary.document_sha256 == sha256:
            await self._keep(submission)

    async def discard(self, submission: Submission) -> None:
        """Removes what is not kept. Raises: BrokerUnavailable."""
        await submission.discard_upload(self._documents)

    async def _keep(self, submission: Submission) -> None:
        job_id, _ = submission.identity()
        try:
            await submission.keep(self._documents)
        except StoreFull:
            # Pages come first: without its document a job has all but its PDF.
            if not await self._documents.make_room(submission.size_bytes):
                log.warning("a document is not kept, bucket UPLOADS is full", job_id=job_id)
                return
            try:
                await submission.keep(self._documents)
            except StoreFull:
                log.warning("a document is not kept, bucket UPLOADS is full", job_id=job_id)
                return
        # Kept, then asked: who deletes the job notes that first, and then removes what is kept.
        if await self._jobs.is_buried(job_id):
            await self._documents.remove(job_id)
        fail_point("ingest.document_kept")
