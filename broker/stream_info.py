"""What the server tells of a stream, as it tells it: nats-py's stream_info leaves parts out."""

import json
from collections.abc import Mapping
from typing import Any, Final

from nats.js.errors import APIError

from broker.connection import Broker
from broker.failures import in_our_words

_PATIENCE_S: Final = 10.0


async def stream_info(
    broker: Broker, stream: str, asked: Mapping[str, Any], *, doing: str
) -> dict[str, Any]:
    """The answer to a request with these fields (JSApiStreamInfoRequest in nats-server).

    Raises: BrokerUnavailable, NotFoundError where there is no such stream.
    """
    with in_our_words(doing):
        answer = await broker.client.request(
            f"$JS.API.STREAM.INFO.{stream}", json.dumps(asked).encode(), timeout=_PATIENCE_S
        )
        info: dict[str, Any] = json.loads(answer.data)
        if "error" in info:
            raise APIError.from_error(info["error"])
    return info
