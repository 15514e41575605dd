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
from layout.known_page import page_of_known_lines
from tracing.work import on_behalf_of

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
                        with on_behalf_of(page.trace):
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
        task = page.task
        if page.identity is not None:
            job_id, page_index = page.identity
            log.warning(
                "page ran out of deliveries",
                job_id=job_id,
                page_index=page_index,
                deliveries=page.deliveries,
            )
            failed = PageFailed(
                job_id=job_id,
                page_index=page_index,
                error=f"given up after it was handed over {page.deliveries} times and never came "
                "back; see the nodes' logs, they may be short of memory",
                width_px=task.width_px if task else 0,
                height_px=task.height_px if task else 0,
                dpi=task.dpi if task else 0,
                attempts=page.deliveries,
            )
            if not await self._results.has_page(job_id=failed.job_id, page_index=failed.page_index):
                await self._store.keep(_record(task, failed))
                fail_point("reaper.dead_page_kept")
            await self._results.publish(page_of_known_lines(task, failed) if task else failed)
        fail_point("reaper.result_stored")
        await dead_pages.bury(page)


def _record(task: PageTask | None, failed: PageFailed) -> DeadPageRecord:
    return DeadPageRecord(
        job_id=failed.job_id,
        page_index=failed.page_index,
        reason=failed.error,
        attempts=failed.attempts,
        worker=None,
        died_at=datetime.now(UTC),
        task=task,
    )
