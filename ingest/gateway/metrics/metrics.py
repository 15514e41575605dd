"""All that a gateway shows at GET /metrics."""

import asyncio
from collections.abc import Callable

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from broker.announcements import Announcements
from broker.connection import Broker
from ingest.gateway.hub import Hub
from ingest.gateway.metrics.collector import SystemCollector
from ingest.gateway.metrics.counts import Counts
from ingest.gateway.metrics.system import SystemWatch


class Metrics:
    """One registry of a gateway's own; what libraries put into the common one stays there."""

    def __init__(self, broker: Broker, *, hub: Hub, watch: SystemWatch) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._announcements = Announcements(broker)
        self._hub = hub
        self._watch = watch
        self._system = SystemCollector()
        self._registry.register(self._system)
        self.counts = Counts(self._registry)

    async def run(self) -> None:
        """Counts what is told, until it is cancelled. Raises: BrokerUnavailable."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._count_pages())
                group.create_task(self._count_endings())
        finally:
            await self._watch.close()

    async def _count_pages(self) -> None:
        async with self._hub.follow(None) as follower:
            while True:
                if (event := await follower.get(timeout_s=60.0)) is not None:
                    self.counts.page_told(event)

    async def _count_endings(self) -> None:
        # Summaries, not events: each is told exactly once, whoever died beside it.
        async with self._announcements.endings() as endings:
            while True:
                self.counts.job_ended(await endings.get())

    async def written(self, accept: str) -> tuple[bytes, str]:
        """All of it, and its media type, in the form that `accept` prefers."""
        self._system.state = await self._watch.state()
        encode: Callable[[CollectorRegistry], bytes]
        encode, media_type = choose_encoder(accept)
        return encode(self._registry), media_type
