"""The pages of an open document on their way into the queue, from the checkpoint on."""

import asyncio
from typing import Final

import structlog

from broker.job_marks import JobMarks
from broker.job_store import JobStore
from broker.page_queue import PageQueue
from broker.results import Results
from broker.submissions import SubmitQueue
from contracts.errors import BrokerUnavailable, PageUnreadable, StoreFull
from contracts.job_options import JobOptions
from contracts.jobs import JobManifest
from contracts.pages import PageFailed, PageTask
from faults.fail_points import fail_point
from ingest.rasteriser import Rasteriser

log = structlog.get_logger(__name__)

# What a restart renders twice at the most; their results count once all the same.
_CHECKPOINT_EVERY_PAGES: Final = 16
# A job that has enough pages in the queue is looked at this often: is it still wanted?
_PATIENCE_S: Final = 1.0
# How long a document may keep its slot while others wait for one; opening it again costs seconds.
_TURN_S: Final = 20.0


class JobHalted(Exception):
    """The job has ended, or its end was asked for: its pages are not wanted any more."""


class TurnOver(Exception):
    """Other documents wait; this one goes on later, at its checkpoint."""


class PageFlow:
    """Renders and publishes, one page at a time; waits while the queue has enough of the job."""

    def __init__(
        self,
        *,
        rasteriser: Rasteriser,
        queue: SubmitQueue,
        pages: PageQueue,
        results: Results,
        jobs: JobStore,
        marks: JobMarks,
    ) -> None:
        self._rasteriser = rasteriser
        self._queue = queue
        self._pages = pages
        self._results = results
        self._jobs = jobs
        self._marks = marks

    async def run(self, manifest: JobManifest, options: JobOptions) -> None:
        """Returns when the last page is in the queue.

        Raises: JobHalted, TurnOver (both with all that was published noted), BrokerUnavailable.
        """
        job_id = manifest.job_id
        clock = asyncio.get_running_loop().time
        turn_ends = clock() + _TURN_S
        await self._still_wanted(job_id)
        looked = clock()
        last = await self._jobs.checkpoint(job_id)
        for count, page_index in enumerate(manifest.selected.indexes(after=last), start=1):
            await self._one(manifest, options, page_index, last=last)
            last = page_index
            fail_point("ingest.page_published")
            if clock() - looked > _PATIENCE_S:
                await self._still_wanted(job_id)
                looked = clock()
            if count % _CHECKPOINT_EVERY_PAGES == 0:
                await self._jobs.put_checkpoint(job_id, page_index)
                fail_point("ingest.checkpoint_written")
                await self._still_wanted(job_id)
                if clock() > turn_ends and await self._queue.others_wait():
                    raise TurnOver
        fail_point("ingest.last_page_published")
        # A job that ended meanwhile had its pages taken out; ours may have come after that.
        await self._still_wanted(job_id)

    async def fail_rest(self, manifest: JobManifest, reason: str) -> None:
        """Ends all pages after the checkpoint that have no result yet."""
        last = await self._jobs.checkpoint(manifest.job_id)
        for page_index in manifest.selected.indexes(after=last):
            await self._results.publish(
                PageFailed(job_id=manifest.job_id, page_index=page_index, error=reason)
            )

    async def _one(
        self, manifest: JobManifest, options: JobOptions, page_index: int, *, last: int
    ) -> None:
        job_id = manifest.job_id
        try:
            image = await self._rasteriser.render(page_index)
        except PageUnreadable as reason:
            log.warning(
                "page cannot be rendered", job_id=job_id, page_index=page_index, reason=str(reason)
            )
            failed = PageFailed(
                job_id=job_id, page_index=page_index, error=str(reason), dpi=options.dpi
            )
            await self._results.publish(failed)
            return
        task = PageTask(
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
        while True:
            try:
                await self._pages.publish(task, give_up_after_s=_PATIENCE_S)
            except (StoreFull, BrokerUnavailable) as wait:
                log.debug("page waits", job_id=job_id, page_index=page_index, reason=str(wait))
                await self._still_wanted(job_id)
                if await self._queue.others_wait():
                    await self._jobs.put_checkpoint(job_id, last)
                    raise TurnOver from None
            else:
                return

    async def _still_wanted(self, job_id: str) -> None:
        """Raises: JobHalted."""
        if (
            await self._jobs.manifest(job_id, certain=True) is None
            or await self._marks.cancel_requested(job_id)
        ):  # fmt: skip
            raise JobHalted
