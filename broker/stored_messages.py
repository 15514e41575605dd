"""Reading one stored message, of which any replica may answer, but only the leader says no."""

from typing import Any

from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError


async def last_message(
    jetstream: JetStreamContext, stream: str, subject: str, *, certain: bool = False
) -> RawStreamMsg:
    """The last one of a subject; unless `certain`, perhaps one that was the last before. Raises:
    NotFoundError, once the leader has said so."""
    if certain:
        return await jetstream.get_last_msg(stream, subject)
    try:
        return await jetstream.get_last_msg(stream, subject, direct=True)
    except NotFoundError:
        # A replica that was just started again lags behind: what was acknowledged is not there yet.
        return await jetstream.get_last_msg(stream, subject)


async def next_message(
    jetstream: JetStreamContext, stream: str, subject: str, *, sequence: int
) -> RawStreamMsg:
    """The first one of a subject at this place or behind it. Raises: as last_message."""
    wanted: dict[str, Any] = {"seq": sequence, "subject": subject, "next": True}
    try:
        return await jetstream.get_msg(stream, direct=True, **wanted)
    except NotFoundError:
        return await jetstream.get_msg(stream, **wanted)
