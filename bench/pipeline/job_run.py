"""One document through a running fleet: when what happened, and each service's core seconds."""

import asyncio
import contextlib
import time
from dataclasses import dataclass
from pathlib import Path

from bench.pipeline.fleet import Fleet
from broker.announcements import Announcements
from broker.connection import Broker, BrokerAddress
from broker.fleet import Fleet as Nodes
from broker.job_store import JobStore
from broker.submissions import SubmitQueue
from contracts.errors import BrokerUnavailable
from contracts.events import PageDone
from contracts.ids import new_job_id
from contracts.job_options import JobOptions


@dataclass(frozen=True, kw_only=True)
class JobRun:
    """`*_s`: from the moment before the document was handed in. `core_s`: by service, of this job
    alone if no other ran. `page_s`: mean engine time of a page."""

    pages: int
    accepted_s: float
    first_page_s: float
    end_s: float
    page_s: float
    status: str
    core_s: dict[str, float]

    @property
    def pages_per_second(self) -> float:
        """From acceptance to the summary."""
        return self.pages / (self.end_s - self.accepted_s)

    def core_ms_per_page(self) -> dict[str, float]:
        return {name: round(1000 * s / self.pages, 3) for name, s in self.core_s.items()}


async def run_job(fleet: Fleet, document: Path, *, dpi: int) -> JobRun:
    """Hands the document in and waits for its summary."""
    async with await Broker.connect(
        BrokerAddress(url=fleet.url), name="bench", wait_s=30
    ) as broker:
        await _services_are_there(fleet, broker)
        announcements, job_id = Announcements(broker), new_job_id()
        first: list[float] = []
        async with announcements.events() as events, announcements.endings() as endings:

            async def follow() -> None:
                while True:
                    event = await events.get()
                    if isinstance(event, PageDone) and not first:
                        first.append(time.perf_counter())

            follower = asyncio.create_task(follow())
            await asyncio.sleep(0.5)
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
            await asyncio.sleep(0.3)
            after = fleet.core_seconds()
            follower.cancel()
    return JobRun(
        pages=summary.total_pages,
        accepted_s=accepted - began,
        first_page_s=(first[0] if first else ended) - began,
        end_s=ended - began,
        page_s=summary.avg_page_time_ms / 1000,
        status=summary.status,
        core_s={name: after[name] - before[name] for name in after},
    )


async def _services_are_there(fleet: Fleet, broker: Broker) -> None:
    """Returns once every engine is ready, and ingest and aggregator had time to be."""
    while True:
        fleet.check()
        with contextlib.suppress(BrokerUnavailable):
            if (await Nodes(broker).status()).healthy_workers:
                break
        await asyncio.sleep(0.1)
    await asyncio.sleep(1.0)
