"""Progress of all jobs, once over the wire, and from there to everybody who follows one."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from broker.announcements import Announcements
from broker.connection import Broker
from contracts.events import JobEvent

# A follower that is further behind reads what it missed from the broker.
_MOST_WAITING: Final = 1000


class Follower:
    """One who follows a job. `behind`: events were dropped, since it did not take them."""

    def __init__(self) -> None:
        self._waiting: deque[JobEvent] = deque()
        self._arrived = asyncio.Event()
        self.behind = False

    def put(self, event: JobEvent) -> None:
        if len(self._waiting) >= _MOST_WAITING:
            self._waiting.clear()
            self.behind = True
        self._waiting.append(event)
        self._arrived.set()

    async def get(self, *, timeout_s: float) -> JobEvent | None:
        """The next event; None after `timeout_s` without one."""
        if not self._waiting:
            self._arrived.clear()
            try:
                async with asyncio.timeout(timeout_s):
                    await self._arrived.wait()
            except TimeoutError:
                return None
        return self._waiting.popleft()


class Hub:
    """The gateway's one subscription to progress."""

    def __init__(self, broker: Broker) -> None:
        self._announcements = Announcements(broker)
        self._followers: dict[str, set[Follower]] = defaultdict(set)
        self._all: set[Follower] = set()

    async def run(self) -> None:
        """Hands events on until it is cancelled."""
        async with self._announcements.events() as events:
            while True:
                event = await events.get()
                for each in (*self._followers.get(event.job_id, ()), *self._all):
                    each.put(event)

    @asynccontextmanager
    async def follow(self, job_id: str | None) -> AsyncIterator[Follower]:
        """What is told of a job (None: of all) from now on."""
        follower = Follower()
        group = self._followers[job_id] if job_id is not None else self._all
        group.add(follower)
        try:
            yield follower
        finally:
            group.discard(follower)
            if job_id is not None and not group:
                self._followers.pop(job_id, None)
