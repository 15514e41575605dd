"""The ingest service: several documents at a time, each in a slot with its own renderer; and the
doors of NATS beside them."""

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import structlog

from broker.announcements import Announcements
from broker.connection import Broker
from broker.job_marks import JobMarks
from broker.job_store import JobStore
from broker.page_queue import PageQueue
from broker.results import Results
from broker.served_languages import ServedLanguages
from broker.submissions import Submission, SubmitQueue
from contracts.errors import (
    BrokerUnavailable,
    DocumentRejected,
    PermanentError,
    SchemaVersionUnknown,
    StoreFull,
)
from contracts.job_options import JobOptions
from contracts.sealed_password import PasswordSeal
from contracts.trace_context import TraceContext, settled_trace_id
from faults.fail_points import fail_point
from ingest.document_keeping import DocumentKeeping
from ingest.intake import Intake
from ingest.job_service import JobService
from ingest.page_flow import PageFlow
from ingest.page_publisher import PagePublisher, TurnOver
from ingest.rasteriser import Rasteriser
from ingest.renderers import Renderers
from ingest.results_door import ResultsDoor
from ingest.slot_start import SlotStart
from ingest.upload_door import UploadDoor
from tracing.work import work

log = structlog.get_logger(__name__)

_RETRY_S: Final = 2.0
_LATER_S: Final = 60.0
# The queue hands over what was given back before what is new: others need a moment to be taken.
_TURN_PAUSE_S: Final = 2.0
# Faults of our own are tried again, in case they were the machine's; then the job ends as failed.
_MAX_ATTEMPTS: Final = 3
_OURS: Final = (
    "the document could not be taken in; look for its job id in the log of ingest, "
    "and report it with the document"
)


@dataclass(frozen=True, kw_only=True)
class IngestSettings:
    """`parallel_documents`: a long document leaves room for others beside it."""

    temp_dir: Path
    defaults: JobOptions
    parallel_documents: int = 4
    renderers_per_document: int = 1  # a core for each
    max_pages: int = 20_000  # of a document, those that are selected
    keep_documents: bool = True  # for as long as the outputs
    seal: PasswordSeal | None = None  # without one, documents with passwords are refused
    # A third of SUBMIT's ack_wait of 60 s: two renewals may be lost.
    renew_every_s: float = 20.0


class IngestService:
    """Pulls submissions until it is told to stop."""

    def __init__(self, broker: Broker, settings: IngestSettings) -> None:
        self._broker = broker
        self._settings = settings
        self._languages = ServedLanguages(broker)
        self._keeping = DocumentKeeping(broker, always=settings.keep_documents)
        self._door = ResultsDoor(broker)
        self._failures: Counter[str] = Counter()  # of ours, by job id

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set, and then leaves what is unfinished to the next ingest."""
        self._settings.temp_dir.mkdir(parents=True, exist_ok=True)
        async with asyncio.TaskGroup() as group:
            starts = [SlotStart() for _ in range(self._settings.parallel_documents + 1)]
            starts[0].begin()
            slots = [
                group.create_task(
                    self._slot(self._settings.temp_dir / f"slot-{number}", own, following, stop)
                )
                for number, (own, following) in enumerate(pairwise(starts))
            ]
            doors = [
                group.create_task(UploadDoor(self._broker).run(stop)),
                group.create_task(
                    JobService(
                        self._broker, defaults=self._settings.defaults, seal=self._settings.seal
                    ).run(stop)
                ),
            ]
            await stop.wait()
            # Finishing could take hours; the checkpoint makes stopping cheap.
            for task in (*slots, *doors):
                task.cancel()

    async def _slot(
        self, folder: Path, own: SlotStart, following: SlotStart, stop: asyncio.Event
    ) -> None:
        await own.wait()
        # A folder of its own: what opens its documents cannot read those of other slots.
        rasterisers = [
            Rasteriser(documents=folder) for _ in range(self._settings.renderers_per_document)
        ]
        async with Renderers(rasterisers) as renderers, SubmitQueue(self._broker) as queue:
            pages, results = PageQueue(self._broker), Results(self._broker)
            jobs, marks = JobStore(self._broker), JobMarks(self._broker)
            publisher = PagePublisher(
                queue=queue, pages=pages, results=results, jobs=jobs, marks=marks, door=self._door
            )
            intake = Intake(
                renderers=renderers,
                flow=PageFlow(
                    renderers=renderers,
                    publisher=publisher,
                    queue=queue,
                    results=results,
                    jobs=jobs,
                ),
                pages=pages,
                results=results,
                jobs=jobs,
                marks=marks,
                announcements=Announcements(self._broker),
                languages=self._languages,
                keeping=self._keeping,
                defaults=self._settings.defaults,
                temp_dir=folder,
                max_pages=self._settings.max_pages,
                seal=self._settings.seal,
            )
            while not stop.is_set():
                try:
                    await self._one(queue, intake, following)
                except (BrokerUnavailable, StoreFull) as wait:
                    log.debug("ingest waits", reason=str(wait))

    async def _one(self, queue: SubmitQueue, intake: Intake, following: SlotStart) -> None:
        submission = await queue.pull()
        if submission is None:
            following.idle()
            return
        following.busy()
        job_id = submission.identity()[0]
        with work(
            "take document",
            kind="consumer",
            parent=TraceContext.of_headers(submission.headers),
            # One that came without a trace has the same one whenever it is handed over again.
            trace_id=settled_trace_id(f"{job_id} {submission.delivery.stream_sequence}"),
            about={"job_id": job_id},
        ):
            await self._take(submission, intake)

    async def _take(self, submission: Submission, intake: Intake) -> None:
        lease = asyncio.create_task(_hold_lease(submission, self._settings.renew_every_s))
        try:
            await intake.take(submission)
        except TurnOver:
            await submission.delivery.nak(_TURN_PAUSE_S)
            return
        except (BrokerUnavailable, StoreFull, asyncio.CancelledError):
            # Cancelled, or the broker is away: hand it over, to be resumed at its checkpoint.
            await submission.delivery.nak(_RETRY_S)
            raise
        except SchemaVersionUnknown as other:
            log.warning("a submission is left to another release", reason=str(other))
            await submission.delivery.nak(_LATER_S)
            return
        except Exception as wrong:
            job_id = submission.identity()[0]
            known = isinstance(wrong, PermanentError)
            log.warning(
                "a submission failed for a reason that is ours",
                job_id=job_id,
                reason=str(wrong),
                exc_info=not known,
            )
            self._failures[job_id] += 1
            if self._failures[job_id] < _MAX_ATTEMPTS:
                await submission.delivery.nak(_RETRY_S)
                return
            del self._failures[job_id]
            reason = wrong if isinstance(wrong, PermanentError) else DocumentRejected(_OURS)
            try:
                await intake.give_up(submission, reason)
            except Exception:
                # It must not end the ingest of all others; somebody has to look at it.
                log.exception("a submission can be neither taken nor given up", job_id=job_id)
                await submission.delivery.nak(_LATER_S)
                return
        finally:
            lease.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await lease
        await submission.delivery.ack()
        fail_point("ingest.submission_acked")
        await self._keeping.discard(submission)


async def _hold_lease(submission: Submission, every_s: float) -> None:
    """Renews the submission's lease for as long as it runs: a big document takes hours."""
    while True:
        await asyncio.sleep(every_s)
        try:
            await submission.delivery.renew()
        except BrokerUnavailable as lost:
            # The next one may arrive in time; if not, another ingest does the same work.
            log.debug("a lease was not renewed", reason=str(lost))
