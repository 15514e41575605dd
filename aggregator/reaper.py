"""Turns pages that ran out of deliveries into failed results, so that every job ends."""

import asyncio

import structlog

from broker.connection import Broker
from broker.dead_pages import DeadPage, DeadPages
from broker.results import Results
from contracts.errors import BrokerUnavailable, StoreFull
from contracts.pages import PageFailed

log = structlog.get_logger(__name__)


class Reaper:
    """Follows the queue's advisories about pages that it gave up."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._results = Results(broker)

    async def run(self) -> None:
        """Works until cancelled."""
        async with DeadPages(self._broker) as dead_pages:
            while True:
                try:
                    page = await dead_pages.pull()
                    if page is not None:
                        await self._reap(dead_pages, page)
                except (BrokerUnavailable, StoreFull) as wait:
                    log.debug("reaper waits", reason=str(wait))
                    await asyncio.sleep(0.1)

    async def _reap(self, dead_pages: DeadPages, page: DeadPage) -> None:
        if page.task is not None:
            log.warning(
                "page ran out of deliveries",
                job_id=page.task.job_id,
                page_index=page.task.page_index,
                deliveries=page.deliveries,
            )
            await self._results.publish(
                PageFailed(
                    job_id=page.task.job_id,
                    page_index=page.task.page_index,
                    error=f"given up after {page.deliveries} attempts, each of which ended with "
                    "its node; see the nodes' logs, they may be short of memory",
                    width_px=page.task.width_px,
                    height_px=page.task.height_px,
                    dpi=page.task.dpi,
                    attempts=page.deliveries,
                )
            )
        await dead_pages.bury(page)
