"""A job's progress, complete and in order, for who follows it from now or from where it was."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from broker.connection import Broker
from broker.event_log import EventLog
from broker.job_store import JobStore
from contracts.events import JobAccepted, JobEvent, JobFinished, PageDone, PageLost
from contracts.jobs import JobSummary
from ingest.gateway.hub import Follower, Hub

# How long nothing may be told before something is, to keep the connection.
HEARTBEAT_S: Final = 15.0
# An end that was told while the broker was away is found so.
_LOOK_EVERY_S: Final = 5.0


@dataclass(frozen=True, kw_only=True)
class Step:
    """`number` counts pages that have ended: 0 when the job was opened. Who knows it can go on
    from there, at any gateway. None for what has no place in the order."""

    number: int | None
    event: JobEvent


def number_of(event: JobEvent) -> int | None:
    """The place of an event in its job's order."""
    match event:
        case JobAccepted():
            return 0
        case PageDone(done=done) | PageLost(done=done):
            return done
        case _:
            return None


class _Order:
    """Lets each numbered event through once, and only forwards."""

    def __init__(self, after: int) -> None:
        self._last = after

    def step(self, event: JobEvent) -> Step | None:
        number = number_of(event)
        if number is not None:
            if number <= self._last:
                return None
            self._last = number
        return None if isinstance(event, JobFinished) else Step(number=number, event=event)

    def misses_some_before(self, event: JobEvent) -> bool:
        number = number_of(event)
        return number is not None and number > self._last + 1


class Following:
    """Follows jobs through a gateway's hub, and reads from the broker what that did not see."""

    def __init__(self, broker: Broker, *, hub: Hub) -> None:
        self._log = EventLog(broker)
        self._jobs = JobStore(broker)
        self._hub = hub

    async def steps(
        self, job_id: str, *, after: int = -1
    ) -> AsyncIterator[Step | JobSummary | None]:
        """Steps beyond number `after`, each once, and last of all the summary; None now and then
        when there is nothing to tell. Raises: BrokerUnavailable."""
        order = _Order(after)
        silent_s = 0.0
        async with self._hub.follow(job_id) as follower:
            looked_back = False
            while True:
                # Asked first: what an ended job's log holds then is all that there will be.
                summary = await self._jobs.summary(job_id)
                if summary is not None or not looked_back:
                    for step in await self._known(job_id, order):
                        yield step
                    looked_back = True
                if summary is not None:
                    yield summary
                    return
                async for step in self._until_finished(job_id, follower, order):
                    silent_s = 0.0
                    yield step
                silent_s += _LOOK_EVERY_S
                if silent_s >= HEARTBEAT_S:
                    silent_s = 0.0
                    yield None

    async def _until_finished(
        self, job_id: str, follower: Follower, order: _Order
    ) -> AsyncIterator[Step]:
        """What is told until the job's end, or until nothing is for a while."""
        while (event := await follower.get(timeout_s=_LOOK_EVERY_S)) is not None:
            if follower.behind or order.misses_some_before(event):
                # The broker knows it in order.
                follower.behind = False
                for missed in await self._known(job_id, order):
                    yield missed
            if (step := order.step(event)) is not None:
                yield step
            if isinstance(event, JobFinished):
                return

    async def _known(self, job_id: str, order: _Order) -> list[Step]:
        numbered = [
            event for event in await self._log.of_job(job_id) if number_of(event) is not None
        ]
        return [step for event in numbered if (step := order.step(event)) is not None]

    async def end_of(self, job_id: str) -> JobSummary:
        """The job's summary, once it has ended; waits as long as that takes."""
        async with self._hub.follow(job_id) as follower:
            while (summary := await self._jobs.summary(job_id)) is None:
                event: JobEvent | None = None
                while not isinstance(event, JobFinished):
                    event = await follower.get(timeout_s=_LOOK_EVERY_S)
                    if event is None:
                        break
            return summary
