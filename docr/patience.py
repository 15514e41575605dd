"""Trying again while the broker is away for a moment."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from contracts.errors import BrokerUnavailable

log = structlog.get_logger(__name__)

# An embedded broker that was killed is back in a second; a cluster elects a leader in a few.
GIVE_UP_AFTER_S: Final = 30.0
_PAUSE_S: Final = 0.5


async def patiently[T](
    work: Callable[[], Awaitable[T]], *, give_up_after_s: float = GIVE_UP_AFTER_S
) -> T:
    """What `work`, which may safely be done twice, returns. Raises: BrokerUnavailable in the end,
    and whatever else `work` raises at once."""
    clock = asyncio.get_running_loop().time
    away_since: float | None = None
    while True:
        try:
            return await work()
        except BrokerUnavailable as away:
            away_since = away_since if away_since is not None else clock()
            if clock() - away_since > give_up_after_s:
                raise
            log.debug("the broker is away, trying again", reason=str(away))
        await asyncio.sleep(_PAUSE_S)
