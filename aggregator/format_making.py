"""One format of one ended job, out of its stored results, into bucket OUTPUTS."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from aggregator.format_files import FormatFile, FormatFiles
from aggregator.signs_of_life import done_by_another, signs_of_life
from broker.connection import Broker
from broker.job_catalogue import JobCatalogue
from broker.job_marks import JobMarks
from broker.job_store import JobStore
from broker.made_formats import MadeFormats
from broker.object_upload import CHUNK_BYTES, upload_first
from broker.objects import ObjectBucket
from broker.output_reader import OutputFacts
from contracts import topology
from contracts.errors import (
    BrokerUnavailable,
    FormatUnavailable,
    JobStateConflict,
    JobUnknown,
)
from contracts.jobs import JobSummary, Outputs
from contracts.output_formats import OutputFormat

log = structlog.get_logger(__name__)

# While one is made, what the next is made of is fetched; more would fill TEMP_DIR, which may be
# memory, with documents that wait.
_AT_ONCE: Final = 2


class FormatMaking:
    """Several aggregators may be asked for the same: one makes it, the others wait for it."""

    def __init__(self, broker: Broker, files: FormatFiles, *, temp_dir: Path) -> None:
        self._broker = broker
        self._files = files
        self._temp_dir = temp_dir
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._jobs = JobStore(broker)
        self._marks = JobMarks(broker)
        self._catalogue = JobCatalogue(broker)
        self._made = MadeFormats(broker)
        self._outputs = ObjectBucket(broker, name=topology.OUTPUTS)

    async def make(self, job_id: str, output_format: OutputFormat) -> OutputFacts:
        """Where it is. Raises: JobUnknown; JobStateConflict before the job's end; ObjectMissing
        once its outputs have expired; FormatUnavailable; StoreFull, BrokerUnavailable."""
        while True:
            summary, outputs = await self._ended(job_id)
            if (found := await self._made.find(summary, output_format)) is not None:
                return found
            if not await self._marks.claim_making(job_id, output_format) and await done_by_another(
                is_over=partial(self._is_made, summary, output_format),
                sign=partial(self._marks.making_claim, job_id, output_format),
            ):
                continue
            try:
                renew = partial(self._marks.renew_making, job_id, output_format)
                async with signs_of_life(renew), self._slots:
                    name = await self._make(summary, outputs, output_format)
            finally:
                with contextlib.suppress(BrokerUnavailable):
                    await self._marks.end_making(job_id, output_format)
            latest = await self._jobs.summary(job_id, certain=True)
            if latest is not None and latest.outputs == outputs:
                continue  # what is stored is told, whoever stored it
            # Deleted, or revised, while it was made: nobody will ask for this one.
            await self._outputs.delete(name)

    async def _ended(self, job_id: str) -> tuple[JobSummary, Outputs]:
        summary = await self._jobs.summary(job_id, certain=True)
        if summary is None:
            state = await self._catalogue.find(job_id)
            if state is None:
                raise JobUnknown(
                    f"there is no job {job_id}; it was never accepted, was deleted, or has expired"
                )
            raise JobStateConflict(f"job {job_id} is {state.state}; wait for its end")
        if summary.outputs is None:
            raise JobStateConflict(f"job {job_id} ended without outputs; submit it again")
        return summary, summary.outputs

    async def _is_made(self, summary: JobSummary, output_format: OutputFormat) -> bool:
        return await self._made.find(summary, output_format) is not None

    async def _make(
        self, summary: JobSummary, outputs: Outputs, output_format: OutputFormat
    ) -> str:
        try:
            with tempfile.TemporaryDirectory(dir=self._temp_dir, prefix="formats-") as folder:
                pages = Path(folder) / "pages.jsonl"
                await self._outputs.save(outputs.pages, pages)
                made = await self._files.one(output_format, summary=summary, pages=pages)
                name = outputs.name_for(output_format, made.suffix)
                await upload_first(
                    self._broker, bucket=topology.OUTPUTS, name=name, content=_pieces(made)
                )
        except OSError as wrong:
            raise FormatUnavailable(
                f"format {output_format} cannot be made in {self._temp_dir} "
                f"({wrong.strerror or wrong}); make room there, then ask again"
            ) from wrong
        log.info("a format was made", job_id=summary.job_id, format=output_format)
        return name


async def _pieces(made: FormatFile) -> AsyncIterator[bytes]:
    with made.path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield piece
