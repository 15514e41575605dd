"""Taking messages out of a stream, by their subject, while others write to it and read from it."""

import asyncio
from typing import Final

from nats.js.errors import APIError

from broker.connection import Broker
from broker.failures import PURGE_FAILED

# nats-server 2.15 answers "lmb missing" at times while a stream becomes empty, and does it when it
# is asked again. 1.6 s in all.
_TRIES: Final = 6
_FIRST_PAUSE_S: Final = 0.05


async def purge(broker: Broker, stream: str, *, subject: str) -> None:
    """Removes all messages of `subject`. Raises: what nats-py does."""
    pause_s = _FIRST_PAUSE_S
    for _ in range(_TRIES - 1):
        try:
            await broker.jetstream.purge_stream(stream, subject=subject)
        except APIError as refused:
            if refused.err_code != PURGE_FAILED:
                raise
            await asyncio.sleep(pause_s)
            pause_s *= 2
        else:
            return
    await broker.jetstream.purge_stream(stream, subject=subject)
