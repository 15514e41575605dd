"""Listens at the broker itself, past every link: how often each job's end is told, and when
anything last got on."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, Self

from nats.aio.client import Client
from nats.aio.msg import Msg

from broker.connection import BrokerAddress
from broker.credentials import connect_options
from broker.sturdy_client import SturdyClient
from broker.tls import tls_options
from contracts import subjects
from contracts.events import PageDone, PageLost, job_event

# A broker that was killed may be away for long; this connection is never given up.
_RECONNECT_S: Final[Any] = 0.1  # nats-py says int, and takes fractions


@asynccontextmanager
async def undisturbed(address: BrokerAddress, *, name: str = "chaos") -> AsyncIterator[Client]:
    """A connection of the suite's own, which comes back by itself."""

    async def ignore(error: Exception) -> None:
        del error  # faults are what is expected here

    client = SturdyClient()
    try:
        await client.connect(
            address.servers(),
            name=name,
            **connect_options(address.credentials),
            **tls_options(address.servers(), address.ca_file),
            max_reconnect_attempts=-1,
            reconnect_time_wait=_RECONNECT_S,
            error_cb=ignore,
        )
        yield client
    finally:
        await client.close()


class Watch:
    """`endings`: job id -> how often `ocr.done` told its end. `cluster`: what is stored once may be
    told again by the next leader, under the same sequence: that counts as once, and `retold` counts
    it. `ended_s`: when it first did.
    `progress_s`: when pages and jobs ended. All in s of `clock`. What is told while the broker
    restarts is missed, never doubled."""

    def __init__(
        self, client: Client, *, clock: Callable[[], float], cluster: bool = False
    ) -> None:
        self._cluster = cluster
        self._told: set[tuple[str, str]] = set()
        self.retold = 0
        self._client = client
        self._clock = clock
        self._one_more = asyncio.Event()
        self.endings: Counter[str] = Counter()
        self.ended_s: dict[str, float] = {}
        self.progress_s: list[float] = []

    async def start(self) -> Self:
        """Subscribes."""
        await self._client.subscribe(subjects.DONE_ALL, cb=self._done)
        await self._client.subscribe(subjects.EVENTS_ALL, cb=self._event)
        await self._client.flush()
        return self

    async def _done(self, message: Msg) -> None:
        job_id = message.subject.rpartition(".")[2]
        if not job_id.startswith("chaos-"):  # what fills stream SUMMARY
            key = (job_id, (message.headers or {}).get("Nats-Sequence", ""))
            if self._cluster and key in self._told:
                self.retold += 1
                return
            self._told.add(key)
            self.endings[job_id] += 1
            self.ended_s.setdefault(job_id, self._clock())
            self.progress_s.append(self._clock())

    async def _event(self, message: Msg) -> None:
        if isinstance(job_event.validate_json(message.data), PageDone | PageLost):
            self.progress_s.append(self._clock())
