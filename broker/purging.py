"""Taking messages out of a stream, by their subject."""

import asyncio
from typing import Final

from nats.js.errors import APIError

from broker.connection import Broker
from broker.failures import PURGE_FAILED, in_our_words

# nats-server 2.15 refused a purge once, with "lmb missing", of a stream that others emptied at the
# same time. What is removed twice is removed: it is asked again, for 1.6 s in all.
_PAUSES_S: Final = (0.05, 0.1, 0.2, 0.4, 0.8)


async def purge(broker: Broker, stream: str, *, subject: str, doing: str) -> None:
    """Removes all messages of `subject`; `doing` is what for, in words.

    Raises: BrokerUnavailable."""
    with in_our_words(doing):
        for pause_s in _PAUSES_S:
            try:
                await broker.jetstream.purge_stream(stream, subject=subject)
            except APIError as refused:
                if refused.err_code != PURGE_FAILED:
                    raise
                await asyncio.sleep(pause_s)
            else:
                return
        await broker.jetstream.purge_stream(stream, subject=subject)
