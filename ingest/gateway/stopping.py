"""What a client hears whose request is still under way when the gateway has to stop."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingest.gateway.problems import problem


class SaysItStops:
    """Answers requests that are cancelled, where no answer has begun, instead of uvicorn's 500."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except asyncio.CancelledError:
            if begun:
                raise
            # Which may be too late for a client that has gone: then nobody hears it.
            response = problem(
                503, "the gateway is stopping; send it again, under the same Idempotency-Key"
            )
            await response(scope, receive, send)
