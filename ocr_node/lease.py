"""Holding a page while it is read, and not a second longer than an attempt may take."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from broker.delivery import Delivery
from contracts.errors import BrokerUnavailable

log = structlog.get_logger(__name__)


@asynccontextmanager
async def lease(
    delivery: Delivery, *, renew_every_s: float, ends_after_s: float
) -> AsyncIterator[None]:
    """Renews the delivery's lease every `renew_every_s` until `ends_after_s` are over.

    A lease that renewed for ever would hide a node that is stuck.
    """
    renewals = asyncio.create_task(_renew(delivery, renew_every_s, ends_after_s))
    try:
        yield
    finally:
        renewals.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await renewals


async def _renew(delivery: Delivery, every_s: float, ends_after_s: float) -> None:
    clock = asyncio.get_running_loop().time
    ends = clock() + ends_after_s
    while clock() + every_s < ends:
        await asyncio.sleep(every_s)
        try:
            await delivery.renew()
        except BrokerUnavailable as lost:
            # The next renewal may arrive in time; if not, the page is handed to somebody else.
            log.debug("a lease was not renewed", reason=str(lost))
