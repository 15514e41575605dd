"""`docr submit`: documents to a running system, and with --wait what comes of them."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from contracts.errors import InvalidOption, StoreFull
from contracts.jobs import JobSummary
from contracts.output_formats import OutputFormat
from docr.client import AsyncClient, AsyncJob
from docr.client.asking import asked
from docr.documents import find_documents
from docr.format_files import check_inputs_are_safe, further_formats
from docr.output_folder import make_writable
from docr.output_names import Found
from docr.progress import ProgressReport, progress_report
from docr.saving import save_formats, save_outputs
from docr.sentences import of_document
from docr.stopping import Stopped, until_stopped
from docr.summary_table import Ended, table_of
from docr.terminal import print_if_possible, print_out, printable_json, say
from docr.watch_command import going_on

# Uploads at a time; more would share the same line.
_UPLOADS: Final = 4
# Jobs that are waited for at a time, each with a subscription; the rest is handed in meanwhile.
_WAITED_FOR: Final = 64
_FULL_PAUSE_S: Final = 1.0
_DEFAULT_OUT: Final = Path("ocr-output")


@dataclass(frozen=True, kw_only=True)
class SubmitPlan:
    """What is to be handed in. `out`: where the outputs go, None without --wait."""

    documents: Sequence[Found]
    problems: Sequence[str]
    options: Mapping[str, Any] = field(repr=False)  # the password among them
    formats: Sequence[OutputFormat]  # beyond the files that are always written
    out: Path | None
    as_json: bool

    @classmethod
    def of(
        cls,
        paths: list[str],
        *,
        options: Mapping[str, Any],
        wait: bool,
        out: Path | None,
        as_json: bool,
    ) -> Self:
        """Raises: InvalidOption for what is wrong before anything is sent."""
        if out is not None and not wait:
            raise InvalidOption("--out is for outputs, which only --wait waits for; add --wait")
        asked(filename="", idempotency_key=None, **options)
        search = find_documents(paths)
        if options["job_id"] is not None and len(search.documents) > 1:
            raise InvalidOption(
                f"--job-id is for one document, and these are {len(search.documents)}; leave it out"
            )
        folder = (out or _DEFAULT_OUT) if wait else None
        formats = further_formats(options["formats"])
        if folder is not None and search.documents:
            check_inputs_are_safe(search.documents, formats, folder)
            make_writable(folder)
        return cls(
            documents=search.documents,
            problems=search.problems,
            options=options,
            formats=formats,
            out=folder,
            as_json=as_json,
        )


def submit_documents(plan: SubmitPlan, url: str | None, api_key: str | None) -> int:
    """The exit code: 2 if there is no document, 1 if one failed, else 0."""
    for problem in plan.problems:
        say(problem)
    if not plan.documents:
        return 2
    run = _Run(plan)
    try:
        until_stopped(lambda: run.all_of(url, api_key))
    except Stopped as stopped:
        if run.open_ids and plan.out is not None:
            say(going_on(list(run.open_ids)))
        else:
            say(f"stopped; {run.handed_in} of {len(plan.documents)} documents were handed in")
        return stopped.exit_code
    return 1 if run.failed or plan.problems else 0


class _Run:
    def __init__(self, plan: SubmitPlan) -> None:
        self._plan = plan
        self._uploads = asyncio.Semaphore(_UPLOADS)
        self._waited_for = asyncio.Semaphore(_WAITED_FOR)
        self._told_full = False
        self.open_ids: dict[str, None] = {}  # handed in, and not at their end; in that order
        self.handed_in = 0
        self.failed = False
        self._missing: list[str] = []  # formats that could not be made

    async def all_of(self, url: str | None, api_key: str | None) -> None:
        out = self._plan.out
        async with AsyncClient(url, api_key) as client:
            if out is None:
                await self._in_order(lambda document: self._submit(client, document), self._tell_id)
                return
            ended: list[Ended] = []
            first = "handing in"
            with progress_report(len(self._plan.documents), first=first) as report:
                await self._in_order(
                    lambda document: self._read(client, document, out, report),
                    lambda _, each: ended.append(each),
                    report.problem,
                )
        for sentence in self._missing:
            say(sentence)
        if not self._plan.as_json:
            self._print(table_of(ended))

    def _print(self, text: str) -> None:
        """Writes to stdout; the files are the main thing, and come without it too."""
        if not print_if_possible(text):
            self.failed = True

    async def _in_order[T](
        self,
        work: Callable[[Found], Awaitable[T]],
        tell: Callable[[Found, T], None],
        problem: Callable[[str], None] = say,
    ) -> None:
        """Does it for all documents at once, and tells of them in their order."""
        tasks = [asyncio.ensure_future(work(each)) for each in self._plan.documents]
        try:
            for document, task in zip(self._plan.documents, tasks, strict=True):
                try:
                    done = await task
                except Exception as wrong:
                    self.failed = True
                    problem(of_document(document.path, wrong))
                    continue
                tell(document, done)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _tell_id(self, document: Found, job: AsyncJob) -> None:
        if self._plan.as_json:
            told = {"job_id": job.id, "path": str(document.path), "known": job.known}
            print_out(json.dumps(told) + "\n")
        else:
            print_out(f"{job.id}\n")

    async def _submit(self, client: AsyncClient, document: Found) -> AsyncJob:
        """Waits while the system is full. Raises: as AsyncClient.submit."""
        while True:
            try:
                async with self._uploads:
                    job = await client.submit(document.path, **self._plan.options)
            except StoreFull as full:
                if not self._told_full:
                    self._told_full = True
                    say(f"{full}; waiting for it")
                await asyncio.sleep(_FULL_PAUSE_S)
            else:
                self.handed_in += 1
                self.open_ids[job.id] = None
                return job

    async def _read(
        self, client: AsyncClient, document: Found, out: Path, report: ProgressReport
    ) -> Ended:
        async with self._waited_for:
            job = await self._submit(client, document)
            async for event in job.events():
                report.event(event)
            state = await job.state()
            summary = JobSummary.model_validate(state.metrics)
            base = out / document.output
            output = await save_outputs(job, summary, base)
            missing = await save_formats(job, summary, base, self._plan.formats)
        self.open_ids.pop(job.id, None)
        # What its end told of stands below the table.
        untold = [why for why in missing if str(why) not in summary.errors]
        self._missing += [of_document(document.path, why) for why in untold]
        self.failed = self.failed or bool(missing) or summary.status != "success"
        report.ended(document.path.name, summary)
        if self._plan.as_json:
            self._print(printable_json(json.dumps(state.metrics)) + "\n")
        return Ended(name=document.path.name, summary=summary, output=output)
