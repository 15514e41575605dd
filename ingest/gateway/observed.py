"""Around the whole application: every request is counted, belongs to a trace, and is told of."""

import time
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import clear_contextvars

from contracts.trace_context import HEADER_TRACEPARENT, TraceContext
from ingest.gateway.metrics.counts import Counts
from tracing.work import Work, work

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# What is asked every few seconds, and never on behalf of a document.
_PROBES: Final = frozenset({"/health", "/ready", "/metrics"})
# The client hung up before there was an answer.
_GONE: Final = 499


class Observed:
    """Outside of all middleware: it sees the answers to requests that failed, too."""

    def __init__(self, app: ASGIApp, counts: Counts) -> None:
        self._app = app
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # On a connection with pipelined requests the task of one makes the task of the next.
        clear_contextvars()
        method = scope["method"] if scope["method"] in _METHODS else "other"
        began = time.perf_counter()
        with work(
            method,
            kind="server",
            parent=_asked_by(scope),
            is_told=scope["path"] not in _PROBES,
        ) as request:
            answer = _Answer(send, request)
            try:
                await self._app(scope, receive, answer.send)
            finally:
                route = _route_of(scope)
                request.rename(f"{method} {route}")
                request.note(
                    {
                        "http.request.method": method,
                        "http.route": route,
                        "http.response.status_code": answer.status,
                    }
                )
                if answer.status >= 500:
                    request.fail(f"answered with {answer.status}")
                self._counts.answered(
                    method=method,
                    route=route,
                    status=answer.status,
                    seconds=time.perf_counter() - began,
                )


class _Answer:
    """An answer on its way out, which tells the client in which trace to look."""

    def __init__(self, send: Send, request: Work) -> None:
        self._send = send
        self._request = request
        self.status = _GONE

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers[HEADER_TRACEPARENT] = self._request.trace.header()
        await self._send(message)


def _asked_by(scope: Scope) -> TraceContext | None:
    given = Headers(scope=scope).getlist(HEADER_TRACEPARENT)
    # Of two it cannot be said which one counts.
    return TraceContext.parse(given[0]) if len(given) == 1 else None


def _route_of(scope: Scope) -> str:
    """The template that the path matched: there are few of them, and as many paths as jobs."""
    route = scope.get("route")
    return getattr(route, "path_format", None) or getattr(route, "path", None) or "none"
