"""`docr run`: the whole system for as long as some documents take."""

import asyncio
import contextlib
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from broker.announcements import Announcements
from broker.connection import Broker
from broker.job_store import JobStore
from broker.objects import ObjectBucket, ObjectMissing
from broker.submissions import SubmitQueue
from contracts import topology
from contracts.errors import BrokerUnavailable
from contracts.events import JobEvent
from contracts.ids import new_job_id
from contracts.job_options import JobOptions
from contracts.jobs import JobSummary, Outputs
from docr import services
from docr.capacity import Capacity
from docr.documents import Found
from docr.embedded_broker import embedded_broker
from docr.progress import ProgressReport, progress_report
from docr.scratch import scratch_folder
from docr.settings import Settings
from docr.summary_table import Ended, print_table

# An ending is told once, and only to those who listen; who missed it finds it stored.
_LOOK_FOR_SUMMARY_S: Final = 5.0
# Renderers beyond this would take cores from the engines.
_PARALLEL_DOCUMENTS: Final = 2


@dataclass(frozen=True, kw_only=True)
class RunPlan:
    """What a run is to do. `out`: folder for NAME.txt, NAME.md, NAME.json."""

    documents: Sequence[Found]
    options: JobOptions
    out: Path
    share: Capacity
    as_json: bool


async def run_documents(plan: RunPlan, settings: Settings) -> bool:
    """Reads the documents, prints how it went, and returns whether all of it went well.

    Raises: OcrError (perhaps in an ExceptionGroup) if the system cannot work on this machine.
    """
    with contextlib.ExitStack() as stack:
        report = stack.enter_context(progress_report(len(plan.documents)))
        temp = stack.enter_context(scratch_folder(settings.temp_dir, setting="TEMP_DIR"))
        # Gigabytes perhaps: on a disk, where TEMP_DIR may be memory.
        store = stack.enter_context(scratch_folder(Path(tempfile.gettempdir()), setting="TMPDIR"))
        async with (
            embedded_broker(store) as url,
            services.connected(settings, name="docr run", url=url, store=store) as broker,
            services.running(
                broker,
                [
                    services.ingest(
                        broker,
                        settings,
                        folder=temp,
                        parallel_documents=min(_PARALLEL_DOCUMENTS, len(plan.documents)),
                    ),
                    *services.nodes(broker, settings, plan.share),
                    services.aggregator(broker, folder=temp),
                ],
            ),
        ):
            run = _Run(broker, plan, report)
            await run.read_all()
    if not plan.as_json:
        print_table([run.ended[each] for each in plan.documents if each in run.ended])
    return run.all_well


class _Run:
    def __init__(self, broker: Broker, plan: RunPlan, report: ProgressReport) -> None:
        self._plan = plan
        self._report = report
        self._announcements = Announcements(broker)
        self._queue = SubmitQueue(broker)
        self._jobs = JobStore(broker)
        self._outputs = ObjectBucket(broker, name=topology.OUTPUTS)
        self._waiting: dict[str, asyncio.Future[JobSummary]] = {}
        self._failed = False
        self.ended: dict[Found, Ended] = {}

    @property
    def all_well(self) -> bool:
        return not self._failed and all(
            each.summary.status == "success" for each in self.ended.values()
        )

    async def read_all(self) -> None:
        """Hands in document after document, a few at a time, and fetches what comes of them."""
        waiting = iter(self._plan.documents)
        at_once = min(2 * self._plan.share.nodes + 2, len(self._plan.documents))
        async with (
            self._announcements.events() as events,
            self._announcements.endings() as endings,
            asyncio.TaskGroup() as group,
        ):
            followers = [
                group.create_task(self._follow_events(events)),
                group.create_task(self._follow_endings(endings)),
            ]
            await asyncio.gather(*(self._read_some(waiting) for _ in range(at_once)))
            for follower in followers:
                follower.cancel()

    async def _follow_events(self, events: "asyncio.Queue[JobEvent]") -> None:
        while True:
            self._report.event(await events.get())

    async def _follow_endings(self, endings: "asyncio.Queue[JobSummary]") -> None:
        while True:
            summary = await endings.get()
            future = self._waiting.get(summary.job_id)
            if future is not None and not future.done():
                future.set_result(summary)

    async def _read_some(self, waiting: Iterator[Found]) -> None:
        for document in waiting:
            try:
                summary = await self._read(document)
                output = await self._fetch(document, summary)
            except OSError as wrong:
                self._failed = True
                self._report.problem(
                    f"{wrong.filename or document.path}: {wrong.strerror}; check permissions and "
                    "free space, then run it again"
                )
                continue
            except ObjectMissing as wrong:
                self._failed = True
                self._report.problem(f"{document.path}: its outputs are lost: {wrong}")
                continue
            self.ended[document] = Ended(name=document.path.name, summary=summary, output=output)
            self._report.ended(document.path.name, summary)
            if self._plan.as_json:
                # The files are the outputs here; names in a bucket that is gone would mislead.
                told = summary.model_copy(update={"outputs": None})
                sys.stdout.write(told.model_dump_json() + "\n")
                sys.stdout.flush()

    async def _read(self, document: Found) -> JobSummary:
        job_id = new_job_id()
        future = self._waiting[job_id] = asyncio.get_running_loop().create_future()
        await self._queue.submit_file(document.path, job_id=job_id, options=self._plan.options)
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_FOR_SUMMARY_S):
                        return await asyncio.shield(future)
                with contextlib.suppress(BrokerUnavailable):
                    if (summary := await self._jobs.summary(job_id)) is not None:
                        return summary
        finally:
            del self._waiting[job_id]

    async def _fetch(self, document: Found, summary: JobSummary) -> Path | None:
        """Writes the document's files; returns that of its text, None if none of it was read."""
        outputs = summary.outputs
        if outputs is None:
            return None
        base = self._plan.out / document.output
        base.parent.mkdir(parents=True, exist_ok=True)
        wanted = {".json": outputs.result}
        if summary.pages_processed:
            wanted |= {".txt": outputs.text, ".md": outputs.markdown}
        for ending, name in wanted.items():
            await self._save(name, base.with_name(base.name + ending))
        await self._forget(outputs)
        return base.with_name(base.name + ".txt") if summary.pages_processed else None

    async def _save(self, name: str, path: Path) -> None:
        # Aside first: a run that is stopped leaves no half of a file, and the older one as it was.
        partial = path.with_name(f".{path.name}.part")
        try:
            await self._outputs.save(name, partial)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    async def _forget(self, outputs: Outputs) -> None:
        """Thousands of documents must not fill the store of a broker that ends with them."""
        with contextlib.suppress(BrokerUnavailable):
            for name in (outputs.result, outputs.text, outputs.markdown):
                await self._outputs.delete(name)
