"""Where pages that ingest finishes itself go into the results, as long as there is room.

Pages that nodes read are held back by the queue of pages; these are made a hundred a second.
Results stay until their job has ended, so that several long jobs side by side could fill the
stream with halves of each, none of which would ever end: from half of it on, only the oldest goes
on.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

import structlog

from broker.connection import Broker
from broker.result_room import share_used
from contracts.errors import BrokerUnavailable

log = structlog.get_logger(__name__)

# The other half is for the oldest job, and for what nodes have in hand of the others.
_FOR_ALL: Final = 0.5
# At a hundred pages of 10 KB a second a look so often overlooks a megabyte.
_LOOK_EVERY_S: Final = 0.25
_PATIENCE_S: Final = 1.0
# A job that has not come to the door for so long waits for something else: nodes, say.
_FORGOTTEN_AFTER_S: Final = 5.0

Age = tuple[datetime, str]  # when a job was accepted, and its id


class ResultsDoor:
    """One for all documents of a process."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._seen: dict[Age, float] = {}
        self._used = 0.0
        self._looked = float("-inf")
        self._look = asyncio.Lock()

    async def enter(self, age: Age, *, may_wait: Callable[[], Awaitable[None]]) -> None:
        """Returns once the job may publish a result. `may_wait` is asked every second meanwhile.

        Raises: what `may_wait` raises."""
        clock = asyncio.get_running_loop().time
        asked = clock()
        while True:
            self._seen[age] = now = clock()
            if await self._is_roomy(now) or self._is_oldest(age, now):
                return
            await asyncio.sleep(_LOOK_EVERY_S)
            if clock() - asked > _PATIENCE_S:
                asked = clock()
                await may_wait()

    def leave(self, age: Age) -> None:
        """The job has no more results to publish here."""
        self._seen.pop(age, None)

    def _is_oldest(self, age: Age, now: float) -> bool:
        return all(
            age <= other or now - seen > _FORGOTTEN_AFTER_S for other, seen in self._seen.items()
        )

    async def _is_roomy(self, now: float) -> bool:
        async with self._look:
            if now - self._looked > _LOOK_EVERY_S:
                try:
                    self._used = await share_used(self._broker)
                    self._looked = now
                except BrokerUnavailable as away:
                    log.debug("results wait", reason=str(away))
                    return False
        return self._used < _FOR_ALL
