"""Documents that keep a fleet busy: so many jobs at a time, and a new one for each that ends."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from broker.connection import Broker
from broker.job_store import JobStore
from broker.submissions import SubmitQueue
from contracts.errors import BrokerUnavailable
from contracts.ids import new_job_id
from contracts.job_options import JobOptions
from contracts.jobs import JobSummary

_LOOK_S: Final = 0.5


class Feed:
    """Hands the same document in again and again. `document`: a PDF of scans at `dpi`."""

    def __init__(self, broker: Broker, document: Path, *, dpi: int) -> None:
        self._queue = SubmitQueue(broker)
        self._jobs = JobStore(broker)
        self._document = document
        self._options = JobOptions(dpi=dpi, mode="ocr")
        self._open: set[str] = set()
        self.submitted = 0
        self.summaries: list[JobSummary] = []

    async def hand_in(self) -> None:
        """One document. Raises: BrokerUnavailable."""
        job_id = new_job_id()
        await self._queue.submit_file(self._document, job_id=job_id, options=self._options)
        self.submitted += 1
        self._open.add(job_id)

    async def keep_going(self, *, jobs: int) -> None:
        """Keeps so many jobs open, until it is cancelled; a broker that is away is waited for."""
        while True:
            with contextlib.suppress(BrokerUnavailable):
                await self._look()
                while len(self._open) < jobs:
                    await self.hand_in()
            await asyncio.sleep(_LOOK_S)

    async def until_all_ended(self, check: Callable[[], None], *, within_s: float) -> int:
        """Waits for the summary of each job that was handed in; how many had none by then. `check`
        raises when none will come any more."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while self._open:
                    check()
                    with contextlib.suppress(BrokerUnavailable):
                        await self._look()
                    await asyncio.sleep(_LOOK_S)
        return len(self._open)

    async def _look(self) -> None:
        for job_id in tuple(self._open):
            summary = await self._jobs.summary(job_id)
            if summary is not None:
                self._open.discard(job_id)
                self.summaries.append(summary)
