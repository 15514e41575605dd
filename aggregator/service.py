"""The aggregator service: follows the results, and ends each job when its time has come."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import structlog

from aggregator.assembly import Assembler
from aggregator.document_tidier import DocumentTidier
from aggregator.ending import Ending, ending_of
from aggregator.ending_formats import EndingFormats
from aggregator.ending_slots import EndingSlots
from aggregator.format_files import FormatFiles
from aggregator.format_maker import FormatMaker
from aggregator.format_making import FormatMaking
from aggregator.format_requests import FormatRequests
from aggregator.open_jobs import OpenJob, OpenJobs
from aggregator.output_store import OutputStore
from aggregator.reaper import Reaper
from aggregator.replay import Replayer
from aggregator.tidying import Tidier
from broker.announcements import Announcements
from broker.connection import Broker
from broker.job_marks import JobMarks
from broker.job_store import JobStore
from broker.kept_documents import KeptDocuments
from broker.objects import ObjectBucket
from broker.page_queue import PageQueue
from broker.results import ResultArrived, Results
from contracts import topology
from contracts.errors import BrokerUnavailable, SchemaVersionUnknown, StoreFull, TempFolderUnusable
from contracts.sealed_password import PasswordSeal
from contracts.trace_context import TraceContext
from faults.fail_points import fail_point
from tracing.work import on_behalf_of, work

log = structlog.get_logger(__name__)

_RETRY_S: Final = 0.5
_TEMP_FOLDER_TRIES: Final = 20
# An ending that waits for room is not waited for: another aggregator begins it anew.
_STOP_GRACE_S: Final = 10.0
# Ingest keeps a document after its last page is in the queue: no page waits for that.
_KEPT_WITHIN_S: Final = 10.0
# How late a deadline or a cancellation may be noticed.
_SWEEP_EVERY_S: Final = 1.0


class AggregatorService:
    """Folds the stream of results. Its state is a fold of that stream: a restart loses nothing."""

    def __init__(
        self,
        broker: Broker,
        *,
        temp_dir: Path,
        keep_documents: bool = True,
        seal: PasswordSeal | None = None,
    ) -> None:
        """`seal`: opens the passwords of documents of which PDFs are made."""
        self._broker = broker
        self._temp_dir = temp_dir
        self._results = Results(broker)
        self._jobs = JobStore(broker)
        self._marks = JobMarks(broker)
        self._pages = PageQueue(broker)
        announcements = Announcements(broker)
        outputs = OutputStore(ObjectBucket(broker, name=topology.OUTPUTS))
        # Who waits for a format does not wait behind the endings of others, nor they behind him.
        self._makers = (FormatMaker(temp_dir), FormatMaker(temp_dir))
        documents = KeptDocuments(broker)
        at_the_end = FormatFiles(self._makers[0], documents, seal=seal)
        on_demand = FormatFiles(
            self._makers[1],
            documents,
            patience_s=_KEPT_WITHIN_S if keep_documents else 0.0,
            seal=seal,
        )
        self._requests = FormatRequests(broker, FormatMaking(broker, on_demand, temp_dir=temp_dir))
        self._documents = DocumentTidier(broker, keep=keep_documents)
        self._open = OpenJobs(results=self._results, jobs=self._jobs, announcements=announcements)
        self._assembler = Assembler(
            results=self._results,
            jobs=self._jobs,
            marks=self._marks,
            pages=self._pages,
            outputs=outputs,
            formats=EndingFormats(at_the_end, self._marks),
            announcements=announcements,
            temp_dir=temp_dir,
        )
        self._replayer = Replayer(
            broker,
            results=self._results,
            jobs=self._jobs,
            outputs=outputs,
            formats=at_the_end,
            temp_dir=temp_dir,
        )
        self._slots = EndingSlots()
        self._stopping = False
        self._finishing: set[asyncio.Task[None]] = set()
        self._tidier = Tidier(
            broker, jobs=self._jobs, open_jobs=self._open, assembler=self._assembler
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set; another aggregator, or the next start, takes over there."""
        self._temp_dir.mkdir(parents=True, exist_ok=True)
        try:
            await self._work(stop)
        finally:
            for maker in self._makers:
                await maker.stop()

    async def _work(self, stop: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(Reaper(self._broker).run()),
                group.create_task(self._tidier.run()),
                group.create_task(self._documents.run()),
                group.create_task(self._requests.run(stop)),
                group.create_task(self._follow(group)),
                group.create_task(self._sweep_for_ever(group)),
            ]
            await stop.wait()
            # What is being ended is ended, if it can be; all else is on the broker still.
            self._stopping = True
            for task in tasks:
                task.cancel()
            if self._finishing:
                await asyncio.wait(self._finishing, timeout=_STOP_GRACE_S)
            for task in self._finishing:
                task.cancel()

    async def _follow(self, group: asyncio.TaskGroup) -> None:
        async for arrived in self._results.feed():
            if arrived is None:
                continue
            with on_behalf_of(arrived.trace, {"job_id": arrived.job_id}):
                job = await self._until_it_works(arrived)
            if job is not None and job.progress.complete:
                self._end(group, job, "complete")

    async def _until_it_works(self, arrived: ResultArrived) -> OpenJob | None:
        while True:
            try:
                return await self._open.fold(arrived)
            except (BrokerUnavailable, StoreFull) as wait:
                log.debug("aggregator waits", job_id=arrived.job_id, reason=str(wait))
                await asyncio.sleep(_RETRY_S)
            except SchemaVersionUnknown as other:
                # An aggregator of that release ends the job.
                log.warning("a job is left alone", job_id=arrived.job_id, reason=str(other))
                return None
            except Exception:
                # One result must not stop the ending of all jobs; its own has a deadline.
                log.exception("a result cannot be folded", job_id=arrived.job_id)
                return None

    async def _sweep_for_ever(self, group: asyncio.TaskGroup) -> None:
        while True:
            await asyncio.sleep(_SWEEP_EVERY_S)
            try:
                await self._sweep(group)
            except BrokerUnavailable as wait:
                log.debug("the sweep waits", reason=str(wait))
            except Exception:
                log.exception("a sweep failed")

    async def _sweep(self, group: asyncio.TaskGroup) -> None:
        """Ends what no result will end: jobs past their deadline, and cancelled ones."""
        on_broker = await self._jobs.open_jobs()
        jobs = on_broker | self._open.ids()
        cancelled = await self._marks.jobs_to_cancel() if jobs else set()
        for job_id in jobs:
            job = await self._begin_or_drop(job_id, on_broker=job_id in on_broker)
            if job is None:
                continue
            ending = ending_of(
                job.manifest,
                job.progress,
                cancelled=job_id in cancelled,
                now=datetime.now(UTC),
            )
            if ending is not None:
                self._end(group, job, ending)

    async def _begin_or_drop(self, job_id: str, *, on_broker: bool) -> OpenJob | None:
        known = self._open.get(job_id)
        if known is None:
            try:
                job = await self._open.begin(job_id)
            except SchemaVersionUnknown as other:
                log.debug("a job is left alone", job_id=job_id, reason=str(other))
                return None
            if job is not None and await self._has_ended(job):
                # Its aggregator died between the summary and the removal of what led to it.
                await self._assembler.clear(job_id)
                self._open.drop(job_id)
                return None
            return job
        if on_broker or known.ending:
            return known
        # Not in a list that was made a moment ago: asked for by name, since it may be newer.
        if await self._jobs.manifest(job_id, certain=True) is None:
            self._open.drop(job_id)
            return None
        return known

    async def _has_ended(self, job: OpenJob) -> bool:
        # A replay has no summary of its own; ending it again finishes what was left of it.
        manifest = job.manifest
        return (
            manifest.replays is None
            and await self._jobs.summary(manifest.job_id, certain=True) is not None
        )

    def _end(self, group: asyncio.TaskGroup, job: OpenJob, ending: Ending) -> None:
        if not job.ending:
            job.ending = True
            fail_point("aggregator.last_result")
            task = group.create_task(self._end_job(job, ending))
            self._finishing.add(task)
            task.add_done_callback(self._finishing.discard)

    async def _end_job(self, job: OpenJob, ending: Ending) -> None:
        manifest = job.manifest
        about = {"job_id": manifest.job_id}
        asked_by = TraceContext.parse(manifest.traceparent)
        with work("end job", kind="consumer", parent=asked_by, about=about):
            await self._finish(job, ending)

    async def _finish(self, job: OpenJob, ending: Ending) -> None:
        manifest = job.manifest
        tries = 0
        async with self._slots.of(manifest):
            while not self._stopping:
                try:
                    if manifest.replays is not None:
                        await self._pages.remove_all_of(manifest.job_id)
                        await self._replayer.finish(manifest)
                        await self._jobs.tell_tenant(manifest.replays)
                        await self._assembler.clear(manifest.job_id)
                    else:
                        await self._assembler.finish(manifest, ending)
                except (BrokerUnavailable, StoreFull, TempFolderUnusable) as wait:
                    log.warning("a job's end waits", job_id=manifest.job_id, reason=str(wait))
                    tries += isinstance(wait, TempFolderUnusable)
                    if tries >= _TEMP_FOLDER_TRIES:
                        # Another aggregator may have room; this one's supervisor must know.
                        raise
                    await asyncio.sleep(_RETRY_S)
                except Exception:
                    # It stays marked as ending, so that it is not tried without end; all other
                    # jobs go on, and the next start tries again.
                    log.exception("a job cannot be ended", job_id=manifest.job_id)
                    return
                else:
                    break
        self._open.drop(manifest.job_id)
