"""One page of a document on its way into the queue, or into the results if it has no image."""

import asyncio
from typing import Final

import structlog

from broker.job_marks import JobMarks
from broker.job_store import JobStore
from broker.page_queue import PageQueue
from broker.publishing import MessageTooLarge
from broker.results import Results
from broker.submissions import SubmitQueue
from contracts.errors import BrokerUnavailable, PageUnreadable, StoreFull
from contracts.job_options import JobOptions
from contracts.jobs import JobManifest
from contracts.pages import PageFailed, PageSucceeded, PageTask
from faults.fail_points import fail_point
from ingest.renderers import TakenPage
from ingest.results_door import Age, ResultsDoor

log = structlog.get_logger(__name__)

# A job that has enough pages in the queue is looked at this often: is it still wanted?
_PATIENCE_S: Final = 1.0
# A queue that is full has work for longer than that.
_FIRST_PAUSE_S: Final = 0.02
_LONGEST_PAUSE_S: Final = 0.25


class JobHalted(Exception):
    """The job has ended, or its end was asked for: its pages are not wanted any more."""


class TurnOver(Exception):
    """Other documents wait; this one goes on later, at its checkpoint."""


class PagePublisher:
    """Publishes pages of one document at a time, several at once. While the queue has enough of
    them, one of them watches it, and the others wait behind that one."""

    def __init__(
        self,
        *,
        queue: SubmitQueue,
        pages: PageQueue,
        results: Results,
        jobs: JobStore,
        marks: JobMarks,
        door: ResultsDoor,
    ) -> None:
        self._queue = queue
        self._pages = pages
        self._results = results
        self._jobs = jobs
        self._marks = marks
        self._results_door = door
        self._door = asyncio.Lock()

    async def publish(
        self,
        manifest: JobManifest,
        options: JobOptions,
        page_index: int,
        page: TakenPage | PageUnreadable,
    ) -> None:
        """On return the page is in the queue, or its end in the results. Raises: JobHalted,
        TurnOver."""
        job_id = manifest.job_id
        if isinstance(page, PageUnreadable):
            await self._fail(job_id, options, page_index, reason=str(page))
        elif isinstance(page, PageSucceeded):
            await self._finish(manifest, page)
        else:
            await self._into_queue(
                PageTask(
                    job_id=job_id,
                    page_index=page_index,
                    image=page.data,
                    width_px=page.width_px,
                    height_px=page.height_px,
                    dpi=page.dpi,
                    language=options.language,
                    tenant=options.tenant,
                    priority=options.priority,
                    quality=options.quality,
                    running_heads=options.running_heads,
                    known_lines=page.known_lines,
                )
            )
        fail_point("ingest.page_published")

    async def _finish(self, manifest: JobManifest, page: PageSucceeded) -> None:
        await self._results_door.enter(
            _age(manifest), may_wait=lambda: self._goes_on(manifest.job_id)
        )
        result = page.model_copy(update={"job_id": manifest.job_id})
        try:
            await self._results.publish(result)
        except MessageTooLarge as wrong:
            await self._results.publish(
                PageFailed(
                    job_id=manifest.job_id,
                    page_index=page.page_index,
                    error=f"the result of page {page.page_index + 1} is too large: {wrong}",
                    dpi=page.dpi,
                )
            )

    def leave(self, manifest: JobManifest) -> None:
        """The document has no more pages here, for now."""
        self._results_door.leave(_age(manifest))

    async def _fail(
        self, job_id: str, options: JobOptions, page_index: int, *, reason: str
    ) -> None:
        log.warning("page cannot be rendered", job_id=job_id, page_index=page_index, reason=reason)
        await self._results.publish(
            PageFailed(job_id=job_id, page_index=page_index, error=reason, dpi=options.dpi)
        )

    async def _into_queue(self, task: PageTask) -> None:
        may_try = self._door.locked()
        if not may_try and await self._is_taken(task):
            return
        async with self._door:
            clock = asyncio.get_running_loop().time
            pause_s, looked = _FIRST_PAUSE_S, clock()
            # Who comes after another one that has found room tries at once.
            while not (may_try and await self._is_taken(task)):
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
                may_try = await self._has_room(task)
                if clock() - looked > _PATIENCE_S:
                    await self._goes_on(task.job_id)
                    looked, may_try = clock(), True  # whatever the queue says

    async def _has_room(self, task: PageTask) -> bool:
        try:
            return await self._pages.has_room(task)
        except BrokerUnavailable as wait:
            log.debug("page waits", job_id=task.job_id, reason=str(wait))
            return False

    async def _is_taken(self, task: PageTask) -> bool:
        try:
            await self._pages.publish(task, give_up_after_s=0.0)
        except (StoreFull, BrokerUnavailable) as wait:
            log.debug(
                "page waits", job_id=task.job_id, page_index=task.page_index, reason=str(wait)
            )
            return False
        return True

    async def _goes_on(self, job_id: str) -> None:
        """Raises: JobHalted, TurnOver, BrokerUnavailable."""
        await self.still_wanted(job_id)
        if await self._queue.others_wait():
            raise TurnOver

    async def still_wanted(self, job_id: str) -> None:
        """Raises: JobHalted, BrokerUnavailable."""
        if (
            await self._jobs.manifest(job_id, certain=True) is None
            or await self._marks.cancel_requested(job_id)
        ):  # fmt: skip
            raise JobHalted


def _age(manifest: JobManifest) -> Age:
    return manifest.start_time, manifest.job_id
