"""What `docr top` asks of the broker, for one frame."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from broker.connection import Broker
from broker.failures import in_our_words
from broker.fleet import Fleet
from broker.job_catalogue import JobCatalogue, OpenState
from broker.queue_state import BrokerState, QueueState
from contracts.errors import BrokerUnavailable
from contracts.fleet import FleetStatus
from contracts.job_state import JobState

# 300 nodes and 100 jobs are some 600 answers of a millisecond, 64 at a time.
_PATIENCE_S: Final = 5.0


@dataclass(frozen=True, kw_only=True)
class Look:
    """The system at one moment. `open_jobs`: all that go on, by state; `jobs`: some of them, and
    of those that ended."""

    at: datetime
    broker: BrokerState
    fleet: FleetStatus
    open_jobs: Mapping[OpenState, int]
    jobs: tuple[JobState, ...]


async def look(broker: Broker, *, jobs: int) -> Look:
    """Up to `jobs` jobs, and all the rest. Raises: BrokerUnavailable, alone or in a group."""
    with in_our_words("looking at the system"):
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return await _look(broker, jobs)
        except ExceptionGroup:
            await broker.answers()  # one sentence, where the connection has ended under all of it
            raise
        except TimeoutError:
            raise BrokerUnavailable(
                f"the broker has not answered for {_PATIENCE_S:g} s; see that it runs, and what "
                "its disk does"
            ) from None


async def _look(broker: Broker, jobs: int) -> Look:
    catalogue = JobCatalogue(broker)
    async with asyncio.TaskGroup() as group:
        state = group.create_task(QueueState(broker).read())
        fleet = group.create_task(Fleet(broker).status())
        counts = group.create_task(catalogue.open_counts())
        found = group.create_task(catalogue.foremost(jobs))
    return Look(
        at=datetime.now(UTC),
        broker=state.result(),
        fleet=fleet.result(),
        open_jobs=counts.result(),
        jobs=tuple(found.result()),
    )
