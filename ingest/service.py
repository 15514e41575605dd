"""The ingest service: several documents at a time, each in a slot with its own renderer."""

import asyncio
import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from broker.announcements import Announcements
from broker.connection import Broker
from broker.job_store import JobStore
from broker.page_queue import PageQueue
from broker.results import Results
from broker.submissions import SubmitQueue
from contracts.errors import BrokerUnavailable, StoreFull
from contracts.job_options import JobOptions
from ingest.intake import Intake, hold_lease, job_id_of
from ingest.rasteriser import Rasteriser

log = structlog.get_logger(__name__)

_RETRY_S: Final = 2.0
# Faults of our own are tried again, in case they were the machine's; then the job ends as failed.
_MAX_ATTEMPTS: Final = 5


@dataclass(frozen=True, kw_only=True)
class IngestSettings:
    """`parallel_documents`: a long document leaves room for others beside it."""

    temp_dir: Path
    defaults: JobOptions
    parallel_documents: int = 4
    # A third of SUBMIT's ack_wait of 60 s: two renewals may be lost.
    renew_every_s: float = 20.0


class IngestService:
    """Pulls submissions until it is told to stop."""

    def __init__(self, broker: Broker, settings: IngestSettings) -> None:
        self._broker = broker
        self._settings = settings

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set, and then leaves what is unfinished to the next ingest."""
        self._settings.temp_dir.mkdir(parents=True, exist_ok=True)
        async with asyncio.TaskGroup() as group:
            slots = [
                group.create_task(self._slot(stop))
                for _ in range(self._settings.parallel_documents)
            ]
            await stop.wait()
            # Finishing could take hours; the checkpoint makes stopping cheap.
            for slot in slots:
                slot.cancel()

    async def _slot(self, stop: asyncio.Event) -> None:
        async with Rasteriser() as rasteriser, SubmitQueue(self._broker) as queue:
            intake = Intake(
                rasteriser=rasteriser,
                pages=PageQueue(self._broker),
                results=Results(self._broker),
                jobs=JobStore(self._broker),
                announcements=Announcements(self._broker),
                defaults=self._settings.defaults,
                temp_dir=self._settings.temp_dir,
            )
            while not stop.is_set():
                try:
                    await self._one(queue, intake)
                except (BrokerUnavailable, StoreFull) as wait:
                    log.debug("ingest waits", reason=str(wait))

    async def _one(self, queue: SubmitQueue, intake: Intake) -> None:
        submission = await queue.pull()
        if submission is None:
            return
        lease = asyncio.create_task(hold_lease(submission, self._settings.renew_every_s))
        try:
            await intake.take(submission)
        except (BrokerUnavailable, StoreFull, asyncio.CancelledError):
            # Cancelled, or the broker is away: hand it over, to be resumed at its checkpoint.
            await submission.delivery.nak(_RETRY_S)
            raise
        except Exception:
            log.exception(
                "a submission failed for a reason that is ours", job_id=job_id_of(submission)[0]
            )
            if submission.delivery.attempt < _MAX_ATTEMPTS:
                await submission.delivery.nak(_RETRY_S)
                return
            await intake.give_up(submission)
        finally:
            lease.cancel()
            with contextlib.suppress(asyncio.CancelledError, BrokerUnavailable):
                await lease
        await submission.delivery.ack()
        await submission.discard_upload()
