"""Which subjects a stream holds messages of: by them is told what there is, without reading it."""

import json
from typing import Final

from nats.js.errors import APIError

from broker.connection import Broker
from broker.failures import in_our_words

_PATIENCE_S: Final = 10.0


async def subjects_of(
    broker: Broker, stream: str, pattern: str, *, doing: str = "listing what is stored"
) -> dict[str, int]:
    """All subjects of the stream that match, and how many messages each has.

    Not nats-py's stream_info: the server tells 100,000 subjects at once, and that asks once.
    Raises: BrokerUnavailable, NotFoundError where there is no such stream.
    """
    found: dict[str, int] = {}
    offset = 0
    while True:
        request = {"subjects_filter": pattern, "offset": offset}
        with in_our_words(doing):
            answer = await broker.client.request(
                f"$JS.API.STREAM.INFO.{stream}", json.dumps(request).encode(), timeout=_PATIENCE_S
            )
            info = json.loads(answer.data)
            if "error" in info:
                raise APIError.from_error(info["error"])
        some = info["state"].get("subjects") or {}
        found |= some
        offset += len(some)
        if not some or offset >= info.get("total", 0):
            return found
