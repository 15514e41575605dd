"""Holding a page while it is read, and not a second longer than an attempt may take."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from broker.delivery import Delivery
from contracts.errors import BrokerUnavailable
from guard.beside import beside

log = structlog.get_logger(__name__)


class Lease:
    """Until when a delivery is held. `ends_at`: on the loop's clock; None for as long as needed."""

    def __init__(self, *, ends_at: float) -> None:
        self.ends_at: float | None = ends_at

    def attempt_begins(self, *, ends_after_s: float) -> None:
        """From here on the engine is this page's alone: waiting for it has cost nothing."""
        self.ends_at = asyncio.get_running_loop().time() + ends_after_s

    def engine_is_done(self) -> None:
        """What is left is to store the result, however long the broker has no room for it: the page
        has been paid for, and reading it again would need the same room."""
        self.ends_at = None


@asynccontextmanager
async def lease(
    delivery: Delivery, *, renew_every_s: float, ends_after_s: float
) -> AsyncIterator[Lease]:
    """Renews the delivery's lease every `renew_every_s` until `ends_after_s` are over.

    A lease that renewed for ever would hide an engine that is stuck.
    """
    held = Lease(ends_at=asyncio.get_running_loop().time() + ends_after_s)
    async with beside(_renew(delivery, renew_every_s, held)):
        yield held


async def _renew(delivery: Delivery, every_s: float, held: Lease) -> None:
    clock = asyncio.get_running_loop().time
    while held.ends_at is None or clock() + every_s < held.ends_at:
        await asyncio.sleep(every_s)
        try:
            await delivery.renew()
        except BrokerUnavailable as lost:
            # The next renewal may arrive in time; if not, the page is handed to somebody else.
            log.debug("a lease was not renewed", reason=str(lost))
