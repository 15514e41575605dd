"""Server-sent events, out of the bytes of an answer (the event stream format of HTML)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ServerSentEvent:
    """`id`: the last one that was given, None before the first."""

    event: str
    data: str
    id: str | None


async def server_sent_events(chunks: AsyncIterator[bytes]) -> AsyncIterator[ServerSentEvent]:
    """Events as they are complete; comments are left out, and so is a last event without its end.

    Lines end with LF or CR LF; a name may hold what Python takes for the end of a line.
    """
    event, data, last_id = "", list[str](), None
    async for line in _lines(chunks):
        if not line:
            if data:
                yield ServerSentEvent(event=event or "message", data="\n".join(data), id=last_id)
            event, data = "", []
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "event":
                event = value
            case "data":
                data.append(value)
            case "id":
                last_id = value


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[str]:
    buffer = b""
    async for chunk in chunks:
        *lines, buffer = (buffer + chunk).split(b"\n")
        for line in lines:
            yield line.removesuffix(b"\r").decode("utf-8", "replace")
