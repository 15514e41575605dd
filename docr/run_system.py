"""The system of `docr run` around its engines: broker, services, and who hands documents in."""

import asyncio
import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from broker.announcements import Announcements
from broker.connection import Broker
from broker.job_store import JobStore
from contracts.errors import BrokerUnavailable
from contracts.events import JobEvent
from contracts.ids import new_job_id
from contracts.jobs import JobSummary
from contracts.option_headers import HEADER_SEALED_PASSWORD
from contracts.sealed_password import sealed
from docr import services
from docr.embedded_broker import embedded_broker
from docr.engines import Engines
from docr.fetching import Fetcher
from docr.format_files import formats_missing
from docr.handing_in import HandIn
from docr.output_names import Found
from docr.progress import ProgressReport, progress_report
from docr.run_plan import RunPlan
from docr.scratch import scratch_folder
from docr.secret_key import with_key_for_a_run
from docr.sentences import of_document
from docr.settings import Settings
from docr.store_room import StoreRoom
from docr.summary_table import Ended, table_of
from docr.terminal import print_if_possible, printable_json

# An ending is told once, and only to those who listen; who missed it finds it stored.
_LOOK_FOR_SUMMARY_S: Final = 5.0
# Renderers beyond this would take cores from the engines.
_PARALLEL_DOCUMENTS: Final = 2


async def read_documents(plan: RunPlan, settings: Settings, loaded: Engines) -> bool:
    """See docr.run, which starts the engines and ends them."""
    settings = with_key_for_a_run(settings)
    headers = {}
    if plan.password is not None:
        sealed_password = sealed(plan.password, services.password_seal(settings))
        headers[HEADER_SEALED_PASSWORD] = sealed_password
    with contextlib.ExitStack() as stack:
        report = stack.enter_context(progress_report(len(plan.documents)))
        temp = stack.enter_context(scratch_folder(settings.temp_dir, setting="TEMP_DIR"))
        # Gigabytes perhaps: on a disk, where TEMP_DIR may be memory.
        store = stack.enter_context(scratch_folder(Path(tempfile.gettempdir()), setting="TMPDIR"))
        room = StoreRoom.on_disk(settings, store)
        async with (
            embedded_broker(store, lasting=False) as url,
            services.connected(settings, name="docr run", url=url, room=room) as broker,
            services.running(
                broker,
                [
                    services.ingest(
                        broker,
                        settings,
                        folder=temp,
                        parallel_documents=min(_PARALLEL_DOCUMENTS, len(plan.documents)),
                        # Nobody is there to ask for a PDF afterwards.
                        keep_documents=False,
                    ),
                    *services.nodes(broker, settings, plan.share, of=loaded),
                    services.aggregator(broker, settings, folder=temp, keep_documents=False),
                ],
            ),
        ):
            run = _Run(broker, plan, report, room, headers)
            await run.read_all()
    if not plan.as_json:
        run.print(table_of([run.ended[each] for each in plan.documents if each in run.ended]))
    return run.all_well


class _Run:
    def __init__(
        self,
        broker: Broker,
        plan: RunPlan,
        report: ProgressReport,
        room: StoreRoom,
        headers: Mapping[str, str],
    ) -> None:
        self._plan = plan
        self._report = report
        self._announcements = Announcements(broker)
        self._hand_in = HandIn(broker, options=plan.options, room=room, headers=headers)
        self._jobs = JobStore(broker)
        self._fetcher = Fetcher(broker, out=plan.out)
        self._waiting: dict[str, asyncio.Future[JobSummary]] = {}
        self._failed = False
        self.ended: dict[Found, Ended] = {}

    @property
    def all_well(self) -> bool:
        wanted = self._plan.options.formats
        return not self._failed and all(
            each.summary.status == "success" and not formats_missing(each.summary, wanted)
            for each in self.ended.values()
        )

    def print(self, text: str) -> None:
        """Writes to stdout; the files are the main thing, and come without it too."""
        if not print_if_possible(text):
            self._failed = True

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
                ended = await self._read(document)
            except Exception as wrong:
                # Whatever it is: the other documents are read all the same.
                self._failed = True
                self._report.problem(of_document(document.path, wrong))
                continue
            self.ended[document] = ended
            self._report.ended(ended.name, ended.summary)
            if self._plan.as_json:
                # The files are the outputs here; names in a bucket that is gone would mislead.
                told = ended.summary.model_copy(update={"outputs": None})
                self.print(printable_json(told.model_dump_json()) + "\n")

    async def _read(self, document: Found) -> Ended:
        """Hands the document in, waits for its end, fetches its outputs. Raises: many things."""
        job_id = new_job_id()
        self._waiting[job_id] = asyncio.get_running_loop().create_future()
        try:
            await self._hand_in.submit(document.path, job_id=job_id)
            summary = await self._end_of(job_id)
            output = await self._fetcher.fetch(
                document.output, summary, formats=self._plan.options.formats
            )
        finally:
            self._hand_in.ended(job_id)
            del self._waiting[job_id]
        return Ended(name=document.path.name, summary=summary, output=output)

    async def _end_of(self, job_id: str) -> JobSummary:
        future = self._waiting[job_id]
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_FOR_SUMMARY_S):
                    return await asyncio.shield(future)
            with contextlib.suppress(BrokerUnavailable):
                if (summary := await self._jobs.summary(job_id)) is not None:
                    return summary
