"""What people ask of jobs: their end before the time, their removal, another go at dead pages."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from broker.connection import Broker
from broker.dead_page_store import DeadPageStore
from broker.job_marks import JobMarks
from broker.job_store import JobStore
from broker.objects import ObjectBucket
from broker.page_queue import PageQueue
from broker.results import Results
from broker.served_languages import ServedLanguages
from contracts import topology
from contracts.dead_pages import DeadPageRecord
from contracts.errors import JobStateConflict, JobUnknown
from contracts.ids import new_job_id
from contracts.job_options import JobOptions
from contracts.jobs import JobManifest, JobSummary
from contracts.page_ranges import SelectedPages
from contracts.pages import PageTask
from contracts.trace_context import TraceContext
from tracing.work import current_trace, on_behalf_of

# Makes of a page task one whose image has another dpi.
Resize = Callable[[PageTask, int], PageTask]

# How long a cancelled job may take to end: an aggregator looks every second.
CANCEL_WAIT_S: Final = 30.0
_LOOK_EVERY_S: Final = 0.2


class JobControl:
    """Commands about a job, by its id."""

    def __init__(self, broker: Broker) -> None:
        self._jobs = JobStore(broker)
        self._marks = JobMarks(broker)
        self._pages = PageQueue(broker)
        self._results = Results(broker)
        self._dead_pages = DeadPageStore(broker)
        self._outputs = ObjectBucket(broker, name=topology.OUTPUTS)
        self._uploads = ObjectBucket(broker, name=topology.UPLOADS)
        self._images = ObjectBucket(broker, name=topology.PAGE_IMAGES)
        self._languages = ServedLanguages(broker)

    async def cancel(self, job_id: str) -> None:
        """Asks for the job's end. Pages that nobody has begun leave the queue at once; an
        aggregator ends the job with what was read.

        Raises: JobUnknown; JobStateConflict if it has ended, or was cancelled before.
        """
        await self._must_be_open(job_id)
        if not await self._marks.request_cancel(job_id):
            raise JobStateConflict(f"job {job_id} is being cancelled already; wait for its summary")
        await self._pages.remove_all_of(job_id)

    async def ended(self, job_id: str, *, within_s: float = CANCEL_WAIT_S) -> JobSummary | None:
        """The job's summary once it has ended; None if it has not `within_s`."""
        clock = asyncio.get_running_loop().time
        give_up = clock() + within_s
        while (summary := await self._jobs.summary(job_id)) is None:
            if clock() > give_up:
                return None
            await asyncio.sleep(_LOOK_EVERY_S)
        return summary

    async def delete(self, job_id: str) -> None:
        """Removes all that is kept of an ended job: outputs, dead pages, summary. Its id is not
        free for a day: submissions under it that are still under way come to nothing.

        Raises: JobUnknown; JobStateConflict while it goes on.
        """
        summary = await self._jobs.summary(job_id)
        if summary is None:
            await self._must_be_open(job_id)
            raise JobStateConflict(f"job {job_id} is not at its end; cancel it first")
        # First: an ingest or aggregator that is late must not bring the job back.
        await self._jobs.bury(job_id)
        # Documents that are kept are among them, and large images of dead pages.
        for bucket in (self._outputs, self._uploads, self._images):
            await bucket.delete_below(f"{job_id}/")
        await self._dead_pages.remove(job_id)
        await self._results.purge(job_id)
        await self._pages.remove_all_of(job_id)
        await self._jobs.forget(job_id)
        # Last: as long as anything else is left, the job can be deleted again.
        await self._jobs.delete_summary(job_id)

    async def replay(
        self,
        job_id: str,
        *,
        page_index: int | None = None,
        language: str | None = None,
        dpi: int | None = None,
        deadline_s: float,
        resize: Resize | None = None,
    ) -> tuple[str, Sequence[int]]:
        """Puts dead pages of an ended job into the queue again, all or one (0-based).

        Returns the id of the replay, and the pages. `resize` turns a task into one of another dpi.
        Raises: JobUnknown; JobStateConflict if it has not ended, or has no such dead page;
        LanguageUnavailable if no node reads `language`.
        """
        summary = await self._jobs.summary(job_id)
        if summary is None:
            await self._must_be_open(job_id)
            raise JobStateConflict(f"job {job_id} is not at its end; wait for its summary")
        if language is not None:
            await self._languages.check(language)
        indexes = await self._dead(job_id, page_index)
        replay_id = new_job_id()
        trace = current_trace() or TraceContext.new()
        now = datetime.now(UTC)
        await self._jobs.put_manifest(
            JobManifest(
                job_id=replay_id,
                filename=summary.filename,
                options=JobOptions(),
                selected=SelectedPages(ranges=tuple((n, n) for n in indexes)),
                file_size_bytes=summary.file_size_bytes,
                start_time=now,
                deadline=now + timedelta(seconds=deadline_s),
                document_sha256=summary.document_sha256,
                replays=job_id,
                tenant=summary.tenant,
                traceparent=trace.header(),
            )
        )
        for index in indexes:
            task = await self._dead_task(job_id, index)
            if task is None:  # forgotten just now
                continue
            changes: dict[str, object] = {"job_id": replay_id, "image_object": None}
            if language is not None:
                changes["language"] = language
            task = task.model_copy(update=changes)
            if dpi is not None and resize is not None:
                task = await asyncio.to_thread(resize, task, dpi)
            with on_behalf_of(trace):
                await self._pages.publish(task)
        return replay_id, indexes

    async def dead_pages(self, job_id: str | None = None) -> list[tuple[str, int]]:
        """Pages (job id, 0-based) that were given up, and are kept: of a job, or of all. Raises:
        BrokerUnavailable."""
        return await self._dead_pages.all_of(job_id)

    async def _dead(self, job_id: str, page_index: int | None) -> list[int]:
        """Those that can be replayed, in order. No image is held: there may be thousands."""
        found: list[int] = []
        for _, index in await self._dead_pages.all_of(job_id):
            if page_index in {None, index} and await self._dead_task(job_id, index) is not None:
                found.append(index)
        if not found:
            which = "dead pages with an image" if page_index is None else f"page {page_index + 1}"
            raise JobStateConflict(
                f"job {job_id} has no {which} to replay; 'docr dead list' shows what there is"
            )
        return found

    async def _dead_task(self, job_id: str, page_index: int) -> PageTask | None:
        record = await self._dead_pages.get(job_id=job_id, page_index=page_index)
        return record.task if record is not None else None

    async def dead_page(
        self, job_id: str, page_index: int, *, with_image: bool = True
    ) -> DeadPageRecord:
        """What is kept of a dead page (0-based). Raises: JobStateConflict if nothing is."""
        record = await self._dead_pages.get(
            job_id=job_id, page_index=page_index, with_image=with_image
        )
        if record is None:
            raise JobStateConflict(
                f"page {page_index + 1} of job {job_id} is not among the dead pages; "
                "'docr dead list' shows those that are"
            )
        return record

    async def _must_be_open(self, job_id: str) -> None:
        summary = await self._jobs.summary(job_id)
        if summary is not None:
            raise JobStateConflict(
                f"job {job_id} has ended ({summary.status}); there is nothing to cancel"
            )
        if (
            await self._jobs.manifest(job_id, certain=True) is None
            and await self._marks.document_of(job_id) is None
        ):
            raise JobUnknown(
                f"there is no job {job_id}; it was never accepted, was deleted, or has expired"
            )
