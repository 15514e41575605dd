"""The pages of an open document on their way into the queue, from the checkpoint on."""

import asyncio
from contextlib import aclosing
from typing import Final

from broker.job_store import JobStore
from broker.results import Results
from broker.submissions import SubmitQueue
from contracts.errors import PageUnreadable
from contracts.job_options import JobOptions
from contracts.jobs import JobManifest
from contracts.pages import PageFailed
from faults.fail_points import fail_point
from ingest.in_flight import InFlight
from ingest.page_image import PageImage
from ingest.page_publisher import PagePublisher, TurnOver
from ingest.renderers import Renderers, TakenPage

# What a restart renders twice at the most, beside those in flight; their results count once all
# the same.
_CHECKPOINT_EVERY_PAGES: Final = 16
_LOOK_EVERY_S: Final = 1.0
# How long a document may keep its slot while others wait for one; opening it again costs seconds.
_TURN_S: Final = 20.0


class PageFlow:
    """Renders pages in order, and publishes them, several at a time."""

    def __init__(
        self,
        *,
        renderers: Renderers,
        publisher: PagePublisher,
        queue: SubmitQueue,
        results: Results,
        jobs: JobStore,
    ) -> None:
        self._renderers = renderers
        self._publisher = publisher
        self._queue = queue
        self._results = results
        self._jobs = jobs

    async def run(self, manifest: JobManifest, options: JobOptions) -> None:
        """Returns when the last page is in the queue.

        Raises: JobHalted, TurnOver (with the checkpoint written), BrokerUnavailable.
        """
        job_id = manifest.job_id
        await self._publisher.still_wanted(job_id)
        sent = InFlight(confirmed=await self._jobs.checkpoint(job_id))
        try:
            await self._send_all(manifest, options, sent)
        except TurnOver:
            await sent.abandon()
            await self._jobs.put_checkpoint(job_id, sent.confirmed)
            raise
        finally:
            await sent.abandon()
            self._publisher.leave(manifest)
        fail_point("ingest.last_page_published")
        # A job that ended meanwhile had its pages taken out; ours may have come after that.
        await self._publisher.still_wanted(job_id)

    async def _send_all(self, manifest: JobManifest, options: JobOptions, sent: InFlight) -> None:
        job_id = manifest.job_id
        clock = asyncio.get_running_loop().time
        looked, turn_ends = clock(), clock() + _TURN_S
        indexes = manifest.selected.indexes(after=sent.confirmed)
        rendered = self._renderers.pages(
            indexes, mode=options.mode, running_heads=options.running_heads
        )
        async with aclosing(rendered) as pages:
            async for page_index, page in pages:
                sending = self._publisher.publish(manifest, options, page_index, page)
                await sent.send(page_index, size=_size_of(page), sending=sending)
                if clock() - looked > _LOOK_EVERY_S:
                    await self._publisher.still_wanted(job_id)
                    looked = clock()
                if sent.confirmed_pages >= _CHECKPOINT_EVERY_PAGES:
                    sent.checkpoint_is_written()
                    await self._jobs.put_checkpoint(job_id, sent.confirmed)
                    fail_point("ingest.checkpoint_written")
                    if clock() > turn_ends and await self._queue.others_wait():
                        await sent.all_arrived()
                        raise TurnOver
        await sent.all_arrived()

    async def fail_rest(self, manifest: JobManifest, reason: str) -> None:
        """Ends all pages after the checkpoint that have no result yet."""
        last = await self._jobs.checkpoint(manifest.job_id)
        for page_index in manifest.selected.indexes(after=last):
            await self._results.publish(
                PageFailed(job_id=manifest.job_id, page_index=page_index, error=reason)
            )


def _size_of(page: TakenPage | PageUnreadable) -> int:
    """What is on its way with the page, in bytes; results are small beside images."""
    return len(page.data) if isinstance(page, PageImage) else 0
