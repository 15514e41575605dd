"""A document may be on its way to where it is kept when its job has ended already: ingest keeps it
after its last page is in the queue, so that no page waits for that."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

from broker.object_reading import ObjectMissing

_LOOK_EVERY_S: Final = 0.2


async def once_kept[T](
    look: Callable[[], Awaitable[T]], *, ended_at: datetime, patience_s: float
) -> T:
    """What `look` finds of a job's document: where it raises ObjectMissing it is called again,
    until `patience_s` after the job's end, and for no longer than that. Raises: as `look`."""
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + patience_s  # the clock that told the end may be ahead of ours
    while True:
        try:
            return await look()
        except ObjectMissing:
            after_end_s = (datetime.now(UTC) - ended_at).total_seconds()
            if after_end_s > patience_s or loop.time() >= give_up_at:
                raise
        await asyncio.sleep(_LOOK_EVERY_S)
