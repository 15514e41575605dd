"""The aggregator service: follows the results, and ends each job when its last page is in."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from aggregator.assembly import Assembler
from aggregator.fan_in import JobProgress, document_failed, page_ended
from aggregator.reaper import Reaper
from broker.announcements import Announcements
from broker.connection import Broker
from broker.job_store import JobStore
from broker.objects import ObjectBucket
from broker.results import ResultArrived, Results
from contracts import topology
from contracts.errors import BrokerUnavailable, StoreFull
from contracts.events import PageDone, PageLost
from contracts.jobs import JobManifest
from contracts.pages import PageFailed

log = structlog.get_logger(__name__)

# Jobs that ended lately, by id: a late result of theirs is known at once.
_REMEMBERED_JOBS: Final = 10_000
# Assembling is disk and broker work; a few at a time keep small jobs from waiting for a large one.
_PARALLEL_ENDINGS: Final = 4
_RETRY_S: Final = 0.5


@dataclass(kw_only=True)
class _OpenJob:
    manifest: JobManifest
    progress: JobProgress


class AggregatorService:
    """Folds the stream of results. Its state is a fold of that stream: a restart loses nothing."""

    def __init__(self, broker: Broker, *, temp_dir: Path) -> None:
        self._broker = broker
        self._temp_dir = temp_dir
        self._results = Results(broker)
        self._jobs = JobStore(broker)
        self._announcements = Announcements(broker)
        self._assembler = Assembler(
            results=self._results,
            jobs=self._jobs,
            outputs=ObjectBucket(broker, name=topology.OUTPUTS),
            announcements=self._announcements,
            temp_dir=temp_dir,
        )
        self._open: dict[str, _OpenJob] = {}
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._endings = asyncio.Semaphore(_PARALLEL_ENDINGS)

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set; another aggregator, or the next start, takes over there."""
        self._temp_dir.mkdir(parents=True, exist_ok=True)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(Reaper(self._broker).run()),
                group.create_task(self._follow(group)),
            ]
            await stop.wait()
            for task in tasks:
                task.cancel()

    async def _follow(self, group: asyncio.TaskGroup) -> None:
        async for arrived in self._results.feed():
            if arrived is None:
                continue
            job = await self._until_it_works(arrived)
            if job is None:
                continue
            if job.progress.complete and arrived.job_id in self._open:
                del self._open[arrived.job_id]
                self._remember(arrived.job_id)
                group.create_task(self._finish(job.manifest))

    async def _until_it_works(self, arrived: ResultArrived) -> _OpenJob | None:
        while True:
            try:
                return await self._fold(arrived)
            except (BrokerUnavailable, StoreFull) as wait:
                log.debug("aggregator waits", job_id=arrived.job_id, reason=str(wait))
                await asyncio.sleep(_RETRY_S)

    async def _fold(self, arrived: ResultArrived) -> _OpenJob | None:
        """The job after this result; None if it is no longer, or was never, a job of ours."""
        job = self._open.get(arrived.job_id) or await self._begin(arrived.job_id)
        if job is None:
            return None
        if arrived.page_index is None:
            job.progress = document_failed(job.progress)
            return job
        after = page_ended(job.progress, arrived.page_index)
        if after is not job.progress:
            await self._announce(arrived, after)
            job.progress = after
        return job

    async def _begin(self, job_id: str) -> _OpenJob | None:
        if job_id not in self._ended:
            manifest = await self._jobs.manifest(job_id)
            if manifest is not None:
                progress = JobProgress(selected=manifest.selected)
                self._open[job_id] = _OpenJob(manifest=manifest, progress=progress)
                return self._open[job_id]
        if job_id in self._ended or await self._jobs.summary(job_id) is not None:
            # A page that was read twice, the second time after the end of its job.
            await self._results.purge(job_id)
        else:
            log.warning("results of a job that nobody opened", job_id=job_id)
        return None

    async def _announce(self, arrived: ResultArrived, progress: JobProgress) -> None:
        page_index = arrived.page_index or 0
        known = {
            "job_id": arrived.job_id,
            "page_number": page_index + 1,
            "done": progress.done,
            "total": progress.total,
        }
        if not arrived.failed:
            await self._announcements.tell(PageDone.model_validate(known))
            return
        result = await self._results.page(job_id=arrived.job_id, page_index=page_index)
        error = result.error if isinstance(result, PageFailed) else "unknown"
        await self._announcements.tell(PageLost.model_validate({**known, "error": error}))

    async def _finish(self, manifest: JobManifest) -> None:
        async with self._endings:
            while True:
                try:
                    await self._assembler.finish(manifest)
                except (BrokerUnavailable, StoreFull, OSError) as wait:
                    log.warning("a job's end waits", job_id=manifest.job_id, reason=str(wait))
                    await asyncio.sleep(_RETRY_S)
                else:
                    return

    def _remember(self, job_id: str) -> None:
        self._ended[job_id] = None
        while len(self._ended) > _REMEMBERED_JOBS:
            self._ended.popitem(last=False)
