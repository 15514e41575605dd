"""One document through a running fleet: when what happened, and each service's core seconds."""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.pipeline.fleet import CoreSeconds, RunningFleet, spent
from broker.announcements import Announcements
from broker.connection import Broker, BrokerAddress
from broker.fleet import Fleet
from broker.job_store import JobStore
from broker.submissions import SubmitQueue
from contracts.errors import BrokerUnavailable
from contracts.events import PageDone
from contracts.ids import new_job_id
from contracts.job_options import JobOptions
from contracts.jobs import JobSummary

_QUIET_S: Final = 0.5

Clock = Callable[[], float]


@dataclass(frozen=True, kw_only=True)
class JobRun:
    """`pages`: of each of `jobs`, one after the other, whose times are added up.

    `*_s`: from the moment before the document was handed in; `page_s`: the engine's mean time for a
    page; `core_s`: by service; `load`: the machine's load average over a minute.
    """

    pages: int
    jobs: int = 1
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
        return self.jobs * self.pages / (self.end_s - self.accepted_s)

    def core_ms_a_page(self, name: str) -> float:
        """Of a service and its children."""
        return 1000 * self.core_s[name].tree / (self.jobs * self.pages)

    def loop_ms_a_page(self, name: str) -> float:
        """Of the service's own process."""
        return 1000 * self.core_s[name].loop / (self.jobs * self.pages)


@dataclass(frozen=True, kw_only=True)
class _Times:
    """Of one job, s from the moment before it was handed in."""

    summary: JobSummary
    accepted_s: float
    first_page_s: float
    end_s: float


def all_together(runs: Sequence[JobRun]) -> JobRun:
    """Jobs of one size as one, with the sums of all."""
    return JobRun(
        pages=runs[0].pages,
        jobs=sum(run.jobs for run in runs),
        status=runs[0].status,
        accepted_s=sum(run.accepted_s for run in runs),
        first_page_s=sum(run.first_page_s for run in runs),
        end_s=sum(run.end_s for run in runs),
        page_s=sum(run.page_s for run in runs) / len(runs),
        core_s={
            name: CoreSeconds(
                tree=sum(run.core_s[name].tree for run in runs),
                loop=sum(run.core_s[name].loop for run in runs),
            )
            for name in runs[0].core_s
        },
        load=max(run.load for run in runs),
    )


class JobRuns:
    """Runs jobs of one fleet, one after the other. Made by `job_runs`."""

    def __init__(self, fleet: RunningFleet, broker: Broker) -> None:
        self._fleet = fleet
        self._broker = broker

    async def run(
        self, document: Path, *, dpi: int, jobs: int = 1, clock: Clock = time.perf_counter
    ) -> JobRun:
        """Hands the document in, and again whenever its summary has come. `clock`: s, whatever it
        counts. Raises: BrokerUnavailable."""
        await asyncio.sleep(_QUIET_S)
        before = self._fleet.core_seconds()
        times = [await self._one(document, dpi=dpi, clock=clock) for _ in range(jobs)]
        await asyncio.sleep(_QUIET_S)
        after = self._fleet.core_seconds()
        self._fleet.check()
        summary = times[-1].summary
        return JobRun(
            pages=summary.total_pages,
            jobs=jobs,
            status=summary.status,
            accepted_s=sum(each.accepted_s for each in times),
            first_page_s=sum(each.first_page_s for each in times),
            end_s=sum(each.end_s for each in times),
            page_s=summary.avg_page_time_ms / 1000,
            core_s=spent(before, after),
            load=os.getloadavg()[0],
        )

    async def _one(self, document: Path, *, dpi: int, clock: Clock) -> _Times:
        announcements, job_id = Announcements(self._broker), new_job_id()
        first_at: list[float] = []
        async with announcements.events() as events, announcements.endings() as endings:

            async def follow() -> None:
                while not first_at:
                    if isinstance(await events.get(), PageDone):
                        first_at.append(clock())

            follower = asyncio.create_task(follow())
            began = clock()
            await SubmitQueue(self._broker).submit_file(
                document, job_id=job_id, options=JobOptions(dpi=dpi, mode="ocr")
            )
            accepted = clock()
            while (summary := await endings.get()).job_id != job_id:
                pass
            ended = clock()
            follower.cancel()
        # What the job left is removed after its end is told: part of its cost.
        while await JobStore(self._broker).manifest(job_id, certain=True) is not None:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        return _Times(
            summary=summary,
            accepted_s=accepted - began,
            first_page_s=(first_at[0] if first_at else ended) - began,
            end_s=ended - began,
        )


@asynccontextmanager
async def job_runs(fleet: RunningFleet) -> AsyncIterator[JobRuns]:
    """Once every engine is ready. Raises: BrokerUnavailable."""
    address = BrokerAddress(url=fleet.url)
    async with await Broker.connect(address, name="docr bench", wait_s=30) as broker:
        while True:
            fleet.check()
            with contextlib.suppress(BrokerUnavailable):
                if (await Fleet(broker).status()).healthy_workers:
                    break
            await asyncio.sleep(0.1)
        yield JobRuns(fleet, broker)
