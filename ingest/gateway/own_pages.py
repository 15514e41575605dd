"""A gateway without keys, on a loopback address, trusts whoever reaches it; and web pages in a
browser of that machine reach it too. What they send is known by the headers that browsers add."""

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ingest.gateway.problems import problem

_OURS: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class OwnPagesOnly:
    """Refuses requests under a name that is not this machine's (a page whose name was made to lead
    here), and those that pages of other origins send. `host`: where the gateway listens;
    `origins`: pages that may."""

    def __init__(self, app: ASGIApp, *, host: str, origins: tuple[str, ...]) -> None:
        self._app = app
        self._hosts = _OURS | {host}
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (wrong := self._wrong(Headers(scope=scope))):
            await problem(403, wrong)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _wrong(self, headers: Headers) -> str:
        if _host_of(f"//{headers.get('host', 'localhost')}") not in self._hosts:
            return (
                "this gateway has no keys, and answers under the names of its own machine only; "
                "set OCR_API_KEYS, or use http://localhost"
            )
        origin = headers.get("origin")
        if (
            origin is None
            or "*" in self._origins
            or origin in self._origins
            or _host_of(origin) in self._hosts
        ):
            return ""
        return "this gateway has no keys, and takes nothing from other web pages; see CORS_ORIGINS"


def _host_of(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None
