"""The system's state as the broker knows it: asked for when somebody looks, but not more often than
every two seconds, and not for longer."""

import asyncio
import contextvars
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import structlog

from broker.connection import Broker
from broker.fleet import Fleet
from broker.job_catalogue import JobCatalogue, OpenState
from broker.queue_state import BrokerState, QueueState
from contracts.errors import OcrError
from contracts.fleet import FleetStatus

log = structlog.get_logger(__name__)

_EVERY_S: Final = 2.0
_PATIENCE_S: Final = 1.9  # and a moment to write the answer


@dataclass(kw_only=True)
class SystemState:
    """At one moment."""

    jobs: Mapping[OpenState, int] = field(default_factory=dict)
    broker: BrokerState = field(default_factory=BrokerState)
    fleet: FleetStatus | None = None


class SystemWatch:
    """Reads the state once for all who ask at the same time."""

    def __init__(self, broker: Broker) -> None:
        self._queues = QueueState(broker)
        self._catalogue = JobCatalogue(broker)
        self._fleet = Fleet(broker)
        self._look: asyncio.Task[SystemState | None] | None = None
        self._ended_at = 0.0

    async def state(self) -> SystemState | None:
        """The state, at most two seconds old; None if the broker does not answer."""
        clock = asyncio.get_running_loop().time
        look = self._look
        if look is None or (look.done() and clock() - self._ended_at >= _EVERY_S):
            # It is nobody's request: the next one may wait for the same, and logs no other's name.
            look = asyncio.create_task(self._read(), context=contextvars.Context())
            self._look = look
        return await asyncio.shield(look)

    async def close(self) -> None:
        """Ends what is being asked for."""
        if self._look is not None:
            self._look.cancel()
            await asyncio.wait({self._look})

    async def _read(self) -> SystemState | None:
        state: SystemState | None = SystemState()
        try:
            async with asyncio.timeout(_PATIENCE_S), asyncio.TaskGroup() as group:
                queues = group.create_task(self._queues.read())
                jobs = group.create_task(self._catalogue.open_counts())
                fleet = group.create_task(self._fleet.status())
            state = SystemState(jobs=jobs.result(), broker=queues.result(), fleet=fleet.result())
        except* (OcrError, TimeoutError) as away:
            log.debug("the broker's state cannot be read", reason=str(away.exceptions[0]))
            state = None
        except* Exception:
            # Whatever it is: what needs no broker is shown all the same.
            log.exception("the broker's state cannot be read")
            state = None
        finally:
            self._ended_at = asyncio.get_running_loop().time()
        return state
