"""Hands in the planned jobs, each until a door has said that it is accepted, and cancels some."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from broker.connection import Broker, BrokerAddress
from broker.job_control import JobControl
from contracts.errors import BrokerUnavailable, JobStateConflict, JobUnknown, StoreFull
from tests.chaos.doors import SUBMITTERS_DOORS, NotAccepted, doors
from tests.chaos.paper import document
from tests.chaos.watch import undisturbed
from tests.chaos.workload import PlannedJob

# Longer than any door waits for one answer; who waits longer has died, for all the system knows.
_PATIENCE_S: Final = 12.0
_PAUSE_S: Final = 0.2


class Load:
    """`accepted`: job id -> when its acceptance was heard of, in s of `clock`. `operator`,
    `submitter`: where the doors reach the broker, as which user; `http_urls`: of the gateways."""

    def __init__(
        self,
        *,
        operator: BrokerAddress,
        submitter: BrokerAddress,
        http_urls: Sequence[str],
        clock: Callable[[], float],
    ) -> None:
        self._operator = operator
        self._submitter = submitter
        self._doors = doors(http_urls)
        self._clock = clock
        self._stack = AsyncExitStack()
        self._as_operator: Broker | None = None
        self._as_submitter: Broker | None = None
        self._connecting = asyncio.Lock()
        self.accepted: dict[str, float] = {}
        self.refusals: Counter[str] = Counter()  # door or command -> tries that failed

    async def run(self, jobs: Sequence[PlannedJob]) -> None:
        """Returns once every job is accepted."""
        async with self._stack, asyncio.TaskGroup() as group:
            for job in jobs:
                await asyncio.sleep(max(0.0, job.at_s - self._clock()))
                group.create_task(self._hand_in(job))

    async def _hand_in(self, job: PlannedJob) -> None:
        with tempfile.TemporaryDirectory(prefix="docr-chaos-") as folder:
            path = Path(folder) / f"{job.job_id}.{job.kind}"
            # A thread: renderers and links must not wait for noise to be drawn.
            path.write_bytes(await asyncio.to_thread(document, job))
            async with asyncio.TaskGroup() as group:
                first = group.create_task(self._until_accepted(job, path, door=job.door))
                # Before the first is accepted, or after the job has ended.
                for after_s, door in job.repeats:
                    group.create_task(self._again(job, path, after_s=after_s, door=door))
                await first
                if job.cancelled_after_s is not None:
                    await self._cancel(job.job_id, after_s=job.cancelled_after_s)

    async def _again(self, job: PlannedJob, path: Path, *, after_s: float, door: str) -> None:
        await asyncio.sleep(after_s)
        await self._until_accepted(job, path, door=door)

    async def _until_accepted(self, job: PlannedJob, path: Path, *, door: str) -> None:
        patience_s = job.gives_up_after_s or _PATIENCE_S
        while True:
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    broker = await (
                        self._submitters() if door in SUBMITTERS_DOORS else self._operators()
                    )
                async with asyncio.timeout(patience_s):
                    await self._doors[door].submit(broker, job, path)
            except (NotAccepted, TimeoutError, BrokerUnavailable):
                self.refusals[door] += 1
                await asyncio.sleep(_PAUSE_S)
                patience_s = _PATIENCE_S
            else:
                self.accepted.setdefault(job.job_id, self._clock())
                return

    async def _cancel(self, job_id: str, *, after_s: float) -> None:
        """Asks until it is told that the job ends, or has ended."""
        await asyncio.sleep(after_s)
        while True:
            try:
                broker = await self._operators()
                async with asyncio.timeout(_PATIENCE_S):
                    await JobControl(broker).cancel(job_id)
            except JobStateConflict:
                return
            except (BrokerUnavailable, StoreFull, TimeoutError, JobUnknown):
                # Unknown: it came in without a door of ours, and no ingest has opened it yet.
                self.refusals["cancel"] += 1
                await asyncio.sleep(_PAUSE_S)
            else:
                return

    async def _operators(self) -> Broker:
        async with self._connecting:
            if self._as_operator is None or self._as_operator.client.is_closed:
                self._as_operator = await self._stack.enter_async_context(
                    await Broker.connect(self._operator, name="doors")
                )
            return self._as_operator

    async def _submitters(self) -> Broker:
        # Who may only submit may not ask the broker what our own connections ask at their start.
        async with self._connecting:
            if self._as_submitter is None:
                client = await self._stack.enter_async_context(
                    undisturbed(self._submitter, name="submitter")
                )
                self._as_submitter = Broker(client=client)
            return self._as_submitter
