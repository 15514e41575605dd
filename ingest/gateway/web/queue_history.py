"""How long the queues were over the last hour, as this gateway has seen it since it started: in its
memory, for people to look at. Who needs more has /metrics, and a Prometheus."""

import asyncio
import time
from collections import deque
from typing import Any, Final

from ingest.gateway.metrics.system import SystemState, SystemWatch

EVERY_S: Final = 15.0
_KEPT: Final = 240  # an hour of them


class QueueHistory:
    """Looks every 15 s, and whenever somebody asks."""

    def __init__(self, watch: SystemWatch) -> None:
        self._watch = watch
        self._since = time.time()
        self._seen: deque[list[float]] = deque(maxlen=_KEPT)

    async def run(self) -> None:
        """Looks until it is cancelled."""
        while True:
            if (state := await self._watch.state()) is not None:
                self._seen.append(_point(state))
            await asyncio.sleep(EVERY_S)

    async def told(self) -> dict[str, Any]:
        """The state now, and `history`, the oldest first: [time, pages that wait, seconds that the
        oldest of them waits, documents that wait]; times in s since 1970. Nothing is known of the
        time before `since`, nor of times at which the broker did not answer."""
        state = await self._watch.state()
        return {
            "now": _point(state) if state is not None else None,
            "jobs": dict(state.jobs) if state is not None else {},
            "in_hand": state.broker.queues["pages"].in_hand if state is not None else 0,
            "unserved": state.broker.queues["pages"].unserved if state is not None else 0,
            "since": self._since,
            "history": list(self._seen),
        }


def _point(state: SystemState) -> list[float]:
    pages, documents = state.broker.queues["pages"], state.broker.queues["submit"]
    return [
        round(time.time(), 1),
        max(pages.messages - pages.in_hand, 0),
        round(pages.age_s, 1),
        max(documents.messages - documents.in_hand, 0),
    ]
