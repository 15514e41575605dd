"""HEAD wherever GET is answered: the same, without the body."""

import asyncio
from collections.abc import Iterable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_NO_BODY: Final[Message] = {"type": "http.response.body", "body": b""}


class AnswersHead:
    """Asks the application for what GET would give, and takes no more of it than the headers: what
    is streamed is not begun."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        # The server knows by its own scope that no body will come.
        asked = {**scope, "method": "GET", "headers": _without_range(scope["headers"])}
        told = asyncio.Event()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send(_NO_BODY)
                told.set()
            await asyncio.Event().wait()  # until it is cancelled

        answering = asyncio.ensure_future(self._app(asked, receive, sending))
        listening = asyncio.create_task(told.wait())
        try:
            await asyncio.wait({answering, listening}, return_when=asyncio.FIRST_COMPLETED)
            if not told.is_set():
                answering.result()  # raises what the application raised
        finally:
            for task in (answering, listening):
                task.cancel()
            await asyncio.gather(answering, listening, return_exceptions=True)
            # Who counts requests goes by it.
            if "route" in asked:
                scope["route"] = asked["route"]


def _without_range(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """GET alone has ranges (RFC 9110, 14.2)."""
    return [(name, value) for name, value in headers if name.lower() != b"range"]
