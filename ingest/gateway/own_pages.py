"""A gateway that asks for no keys trusts whoever reaches it; and web pages in the browser of one
who reaches it do so too. What they send is known by the headers that browsers add."""

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ingest.gateway.problems import problem

_OURS: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_CHANGES_NOTHING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# Names that no page on the internet can have.
_NOBODYS: Final = (".localhost", ".local", ".internal", ".home.arpa")
_FOREIGN: Final = (
    "this gateway asks for no keys, and takes nothing from other web pages; see CORS_ORIGINS"
)


class OwnPagesOnly:
    """Refuses what pages of other origins send, and requests under a name that may be that of a
    page which was made to lead here.

    `host`: where the gateway listens; `origins`: pages that may. `for_all`: somebody has decided
    that everybody who reaches it may use it. Programs may then, under whatever name; browsers under
    names that can be no other page's, and those of `origins`.
    """

    def __init__(self, app: ASGIApp, *, host: str, origins: tuple[str, ...], for_all: bool) -> None:
        self._app = app
        self._hosts = _OURS | {host}
        self._origins = frozenset(origins)
        self._named = {_place_of(each)[0] for each in origins}
        self._for_all = for_all

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (
            wrong := self._wrong(Headers(scope=scope), scope["method"])
        ):
            await problem(403, wrong)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _wrong(self, headers: Headers, method: str) -> str:
        own = _place_of(f"//{headers.get('host', 'localhost')}")
        if self._for_all:
            if _is_of_a_browser(headers) and not self._is_known(own[0]):
                return (
                    f"this gateway asks for no keys, and cannot tell that {(own[0] or '')[:80]!r} "
                    "is a name of its own; use its address, let its operator name the page's "
                    "origin in CORS_ORIGINS (http://NAME:PORT), or set OCR_API_KEYS"
                )
        elif own[0] not in self._hosts:
            return (
                "this gateway has no keys, and answers under the names of its own machine only; "
                "set OCR_API_KEYS, or use http://localhost"
            )
        return "" if self._is_of_own_page(headers, method, own) else _FOREIGN

    def _is_known(self, name: str | None) -> bool:
        if name is None:
            return False
        return (
            name in self._hosts
            or name in self._named
            or "*" in self._origins
            or "." not in name  # also IPv6
            or name.endswith(_NOBODYS)
            or _is_address(name)
        )

    def _is_of_own_page(
        self, headers: Headers, method: str, own: tuple[str | None, int | None]
    ) -> bool:
        """Also for what no page sends."""
        origin = headers.get("origin")
        if origin is not None and ("*" in self._origins or origin in self._origins):
            return True
        # Told where the connection can be trusted: TLS, or this machine.
        site = headers.get("sec-fetch-site")
        if site in {"same-origin", "none"}:
            return True
        if site is not None and method not in _CHANGES_NOTHING:
            return False
        return origin is None or _place_of(origin) == own


def _is_of_a_browser(headers: Headers) -> bool:
    return (
        "origin" in headers
        or "sec-fetch-site" in headers
        or headers.get("user-agent", "").startswith("Mozilla/")
    )


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _place_of(address: str) -> tuple[str | None, int | None]:
    """Name and port, None for the usual one; no name for what is no address."""
    try:
        parsed = urlsplit(address)
        name, port = parsed.hostname, parsed.port
    except ValueError:
        return None, None
    return name, port if port != {"http": 80, "https": 443}.get(parsed.scheme) else None
