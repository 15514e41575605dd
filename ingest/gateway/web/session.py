"""Who is signed in at the web page: a signed token in a cookie that no script can read.

It is signed with a secret that follows from the key itself. So every gateway that knows the key
takes it, none keeps anything, and a key that is taken away or changed ends its sessions.
"""

import base64
import hmac
import re
import time
from dataclasses import dataclass, replace
from typing import Final

from fastapi import Request

from contracts.api_keys import ApiKeys
from ingest.gateway.problems import Refused

COOKIE: Final = "docr_session"
# A working day without a touch: who leaves is signed out by the next morning.
LASTS_S: Final = 12 * 3600
# Who goes on using the page stays signed in, for so long: a cookie that was copied is not for ever.
MOST_S: Final = 7 * 86_400
_PURPOSE: Final = b"distributed-ocr web session 2"
_TOKEN: Final = re.compile(
    r"([A-Za-z0-9_-]{1,64})\.([0-9]{1,12})\.([0-9]{1,12})\.([A-Za-z0-9_-]{43})", re.ASCII
)
_CHANGES_NOTHING: Final = frozenset({"GET", "HEAD"})
# Pages of other origins cannot send it: browsers ask us first, and we do not allow it.
_OUR_HEADER, _OUR_VALUE = "x-requested-with", "docr"


@dataclass(frozen=True, kw_only=True)
class Session:
    """Who is signed in, `since` when, until when; in s since 1970."""

    name: str
    since: int
    expires: int

    def token(self, keys: ApiKeys) -> str:
        """Raises: KeyError for nobody."""
        signature = _signature(self, keys)
        if signature is None:
            raise KeyError(self.name)
        return f"{self.name}.{self.since}.{self.expires}.{signature}"

    def renewed(self, *, now: float) -> "Session":
        """The same for another working day, but not beyond a week from its beginning."""
        expires = min(int(now) + LASTS_S, self.since + MOST_S)
        return replace(self, expires=max(expires, self.expires))


def signed_in(name: str, *, now: float) -> Session:
    """One that begins now."""
    return Session(name=name, since=int(now), expires=int(now) + LASTS_S)


def session_in(token: str, keys: ApiKeys, *, now: float) -> Session | None:
    """None for a token that is not ours, or has run out."""
    parsed = _TOKEN.fullmatch(token)
    if parsed is None:
        return None
    session = Session(name=parsed[1], since=int(parsed[2]), expires=int(parsed[3]))
    expected = _signature(session, keys)
    if expected is None or not hmac.compare_digest(expected, parsed[4]) or session.expires <= now:
        return None
    return session


def session_in_cookie(request: Request, keys: ApiKeys) -> Session | None:
    """Who is signed in, None for nobody. Raises: Refused (403) where it cannot be told that our
    own page sends the request."""
    token = request.cookies.get(COOKIE)
    session = session_in(token, keys, now=time.time()) if token is not None else None
    if session is not None:
        check_is_our_page(request)
    return session


def check_is_our_page(request: Request) -> None:
    """Raises: Refused (403) for what another web page may have made the browser send."""
    # Older browsers do not tell it; `none` is a person who typed or followed no page's link.
    site = request.headers.get("sec-fetch-site")
    foreign = site not in {None, "same-origin", "none"}
    changes = request.method not in _CHANGES_NOTHING
    if foreign or (changes and request.headers.get(_OUR_HEADER, "") != _OUR_VALUE):
        raise Refused(
            403,
            "who is signed in by a cookie can only use this gateway's own page; other programs "
            "send a key as 'Authorization: Bearer KEY'",
        )


def _signature(session: Session, keys: ApiKeys) -> str | None:
    secret = keys.secret_for(session.name, _PURPOSE)
    if secret is None:
        return None
    told = f"{session.name}.{session.since}.{session.expires}"
    digest = hmac.digest(secret, told.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
