"""Turns pages that ran out of deliveries into failed results, so that every job ends."""

import asyncio
from datetime import UTC, datetime
from typing import Final

import structlog

from broker.connection import Broker
from broker.dead_page_store import DeadPageStore
from broker.dead_pages import DeadPage, DeadPages
from broker.results import Results
from contracts.dead_pages import DeadPageRecord
from contracts.errors import BrokerUnavailable, StoreFull
from contracts.pages import PageFailed, PageTask
from faults.fail_points import fail_point

log = structlog.get_logger(__name__)

_PAUSE_S: Final = 0.1


class Reaper:
    """Follows the queue's advisories about pages that it gave up."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._results = Results(broker)
        self._store = DeadPageStore(broker)

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
                    await asyncio.sleep(_PAUSE_S)
                except Exception:
                    # One advisory must not stop the ending of jobs; it comes again by itself.
                    log.exception("a dead page cannot be reaped")
                    await asyncio.sleep(_PAUSE_S)

    async def _reap(self, dead_pages: DeadPages, page: DeadPage) -> None:
        fail_point("reaper.advisory_delivered")
        if page.task is not None:
            log.warning(
                "page ran out of deliveries",
                job_id=page.task.job_id,
                page_index=page.task.page_index,
                deliveries=page.deliveries,
            )
            failed = PageFailed(
                job_id=page.task.job_id,
                page_index=page.task.page_index,
                error=f"given up after it was handed over {page.deliveries} times and never came "
                "back; see the nodes' logs, they may be short of memory",
                width_px=page.task.width_px,
                height_px=page.task.height_px,
                dpi=page.task.dpi,
                attempts=page.deliveries,
            )
            if await self._results.publish(failed):
                await self._store.keep(_record(page.task, failed))
        fail_point("reaper.result_stored")
        await dead_pages.bury(page)


def _record(task: PageTask, failed: PageFailed) -> DeadPageRecord:
    return DeadPageRecord(
        job_id=failed.job_id,
        page_index=failed.page_index,
        reason=failed.error,
        attempts=failed.attempts,
        worker=None,
        died_at=datetime.now(UTC),
        task=task,
    )
