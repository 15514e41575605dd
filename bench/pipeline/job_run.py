"""One document through a running fleet: when what happened, and each service's core seconds."""

import asyncio
import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.pipeline.fleet import CoreSeconds, RunningFleet
from broker.announcements import Announcements
from broker.connection import Broker, BrokerAddress
from broker.fleet import Fleet
from broker.job_store import JobStore
from broker.submissions import SubmitQueue
from contracts.errors import BrokerUnavailable
from contracts.events import PageDone
from contracts.ids import new_job_id
from contracts.job_options import JobOptions

_QUIET_S: Final = 0.5


@dataclass(frozen=True, kw_only=True)
class JobRun:
    """`*_s`: from the moment before the document was handed in; `page_s`: the engine's mean time
    for a page; `core_s`: by service; `load`: the machine's load average over a minute."""

    pages: int
    status: str
    accepted_s: float
    first_page_s: float
    end_s: float
    page_s: float
    core_s: dict[str, CoreSeconds]
    load: float

    @property
    def pages_per_second(self) -> float:
        """From acceptance to the summary."""
        return self.pages / (self.end_s - self.accepted_s)

    def core_ms_a_page(self, name: str) -> float:
        """Of a service and its children."""
        return 1000 * self.core_s[name].tree / self.pages

    def loop_ms_a_page(self, name: str) -> float:
        """Of the service's own process."""
        return 1000 * self.core_s[name].loop / self.pages


async def run_job(fleet: RunningFleet, document: Path, *, dpi: int) -> JobRun:
    """Hands the document in and waits for its summary. Raises: BrokerUnavailable."""
    address = BrokerAddress(url=fleet.url)
    async with await Broker.connect(address, name="docr bench", wait_s=30) as broker:
        await _services_are_there(fleet, broker)
        announcements, job_id = Announcements(broker), new_job_id()
        first_at: list[float] = []
        async with announcements.events() as events, announcements.endings() as endings:

            async def follow() -> None:
                while not first_at:
                    if isinstance(await events.get(), PageDone):
                        first_at.append(time.perf_counter())

            follower = asyncio.create_task(follow())
            await asyncio.sleep(_QUIET_S)
            before, began = fleet.core_seconds(), time.perf_counter()
            await SubmitQueue(broker).submit_file(
                document, job_id=job_id, options=JobOptions(dpi=dpi)
            )
            accepted = time.perf_counter()
            while (summary := await endings.get()).job_id != job_id:
                pass
            ended = time.perf_counter()
            # What the job left is removed after its end is told: part of its cost.
            while await JobStore(broker).manifest(job_id, certain=True) is not None:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            await asyncio.sleep(_QUIET_S)
            after = fleet.core_seconds()
            follower.cancel()
    return JobRun(
        pages=summary.total_pages,
        status=summary.status,
        accepted_s=accepted - began,
        first_page_s=(first_at[0] if first_at else ended) - began,
        end_s=ended - began,
        page_s=summary.avg_page_time_ms / 1000,
        core_s={
            name: CoreSeconds(
                tree=after[name].tree - before[name].tree, loop=after[name].loop - before[name].loop
            )
            for name in after
        },
        load=os.getloadavg()[0],
    )


async def _services_are_there(fleet: RunningFleet, broker: Broker) -> None:
    """Returns once every engine is ready, and ingest and aggregator had time to be."""
    while True:
        fleet.check()
        with contextlib.suppress(BrokerUnavailable):
            if (await Fleet(broker).status()).healthy_workers:
                break
        await asyncio.sleep(0.1)
    await asyncio.sleep(1.0)
