"""The jobs that have not ended, and how far they are: a fold of what is on the broker."""

from dataclasses import dataclass

import structlog

from aggregator.fan_in import JobProgress, document_failed, page_ended
from broker.announcements import Announcements
from broker.job_store import JobStore
from broker.results import ResultArrived, Results
from contracts.events import PageDone, PageLost
from contracts.jobs import JobManifest
from contracts.pages import PageFailed

log = structlog.get_logger(__name__)


@dataclass(kw_only=True)
class OpenJob:
    """`ending`: its end is under way, so that nobody begins it again. `told`: how many pages'
    ends have been told already, by whoever had the job before."""

    manifest: JobManifest
    progress: JobProgress
    told: int = 0
    ending: bool = False


class OpenJobs:
    """A table by job id. An entry stays until its job has ended: what it knows cannot be asked for
    a second time without reading the whole stream of results again."""

    def __init__(self, *, results: Results, jobs: JobStore, announcements: Announcements) -> None:
        self._results = results
        self._jobs = jobs
        self._announcements = announcements
        self._table: dict[str, OpenJob] = {}

    def ids(self) -> set[str]:
        return set(self._table)

    def get(self, job_id: str) -> OpenJob | None:
        return self._table.get(job_id)

    def drop(self, job_id: str) -> None:
        """Takes a job that has ended off the table."""
        self._table.pop(job_id, None)

    async def begin(self, job_id: str) -> OpenJob | None:
        """The job's entry, made if it is missing; None if there is no such job (any more).

        Raises: BrokerUnavailable.
        """
        if (job := self._table.get(job_id)) is not None:
            return job
        # A replica that lags must not make us take a new job for one that is gone.
        manifest = await self._jobs.manifest(job_id, certain=True)
        if manifest is None:
            return None
        job = OpenJob(
            manifest=manifest,
            progress=JobProgress(selected=manifest.selected),
            told=await self._announcements.pages_told(job_id),
        )
        # Another task may have been quicker meanwhile: its entry counts.
        return self._table.setdefault(job_id, job)

    async def fold(self, arrived: ResultArrived) -> OpenJob | None:
        """The job after this result. None for a result that comes after the end of its job, which
        is then removed. Raises: BrokerUnavailable."""
        job = await self.begin(arrived.job_id)
        if job is None:
            # No page exists before its job's manifest does: this is one that was read twice.
            log.info("result after the end of its job", job_id=arrived.job_id)
            await self._results.purge(arrived.job_id)
            return None
        if arrived.page_index is None:
            job.progress = document_failed(job.progress)
            return job
        after = page_ended(job.progress, arrived.page_index)
        if after is not job.progress:
            if after.done > job.told:
                await self._announce(arrived, arrived.page_index, after)
            job.progress = after
        return job

    async def _announce(
        self, arrived: ResultArrived, page_index: int, progress: JobProgress
    ) -> None:
        known = {
            "job_id": arrived.job_id,
            "page_number": page_index + 1,
            "done": progress.done,
            "total": progress.total,
            "worker": arrived.worker,
            "attempts": arrived.attempts,
            "duration_ms": arrived.duration_ms,
        }
        if not arrived.failed:
            await self._announcements.tell(PageDone.model_validate(known))
            return
        result = await self._results.page(job_id=arrived.job_id, page_index=page_index)
        error = result.error if isinstance(result, PageFailed) else "unknown"
        await self._announcements.tell(PageLost.model_validate({**known, "error": error}))
