"""What the end of a job should have removed, and did not: looked for now and then."""

import asyncio
from datetime import timedelta
from typing import Final

import structlog

from aggregator.assembly import Assembler
from aggregator.open_jobs import OpenJobs
from broker.connection import Broker
from broker.job_store import JobStore
from broker.leftovers import Leftovers
from contracts.errors import BrokerUnavailable, StoreFull

log = structlog.get_logger(__name__)

_EVERY_S: Final = 10.0
# Longer than a submission is likely to wait for an ingest.
_TOMBSTONES_STAY: Final = timedelta(days=1)


class Tidier:
    """Removes what came back after a kill of the broker, and what was written a moment too late."""

    def __init__(
        self, broker: Broker, *, jobs: JobStore, open_jobs: OpenJobs, assembler: Assembler
    ) -> None:
        self._jobs = jobs
        self._open_jobs = open_jobs
        self._assembler = assembler
        self._leftovers = Leftovers(broker)

    async def run(self) -> None:
        """Works until cancelled."""
        while True:
            await asyncio.sleep(_EVERY_S)
            try:
                await self._forget_ended_jobs()
                await self._leftovers.remove()
                await self._jobs.clear_tombstones(_TOMBSTONES_STAY)
            except (BrokerUnavailable, StoreFull) as wait:
                log.debug("tidying waits", reason=str(wait))
            except Exception:
                log.exception("tidying failed")

    async def _forget_ended_jobs(self) -> None:
        """Notes about jobs that have their summary. Manifests are the sweep's."""
        noted = await self._jobs.noted_jobs()
        for job_id in noted - await self._jobs.open_jobs() - self._open_jobs.ids():
            if await self._jobs.summary(job_id, certain=True) is not None:
                await self._assembler.clear(job_id)
