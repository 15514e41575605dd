"""Who is signed in at the web page: a signed token in a cookie that no script can read.

It is signed with a secret that follows from the key itself. So every gateway that knows the key
takes it, none keeps anything, and a key that is taken away or changed ends its sessions.
"""

import base64
import hmac
import re
import time
from typing import Final

from fastapi import Request

from contracts.api_keys import ApiKeys
from ingest.gateway.problems import Refused

COOKIE: Final = "docr_session"
# A working day: who leaves is signed out by the next morning.
LASTS_S: Final = 12 * 3600
_PURPOSE: Final = b"distributed-ocr web session 1"
_TOKEN: Final = re.compile(r"([A-Za-z0-9_-]{1,64})\.([0-9]{1,12})\.([A-Za-z0-9_-]{43})", re.ASCII)
_CHANGES_NOTHING: Final = frozenset({"GET", "HEAD"})
# Pages of other origins cannot send it: browsers ask us first, and we do not allow it.
_OUR_HEADER, _OUR_VALUE = "x-requested-with", "docr"


def token_for(name: str, keys: ApiKeys, *, now: float) -> str:
    """A token with which whoever has it is `name` for a while. Raises: KeyError for nobody."""
    expires = int(now) + LASTS_S
    signature = _signature(name, expires, keys)
    if signature is None:
        raise KeyError(name)
    return f"{name}.{expires}.{signature}"


def name_in_token(token: str, keys: ApiKeys, *, now: float) -> str | None:
    """Whose token it is; None for one that is not ours, or has run out."""
    parsed = _TOKEN.fullmatch(token)
    if parsed is None:
        return None
    name, expires, given = parsed[1], int(parsed[2]), parsed[3]
    expected = _signature(name, expires, keys)
    if expected is None or not hmac.compare_digest(expected, given) or expires <= now:
        return None
    return name


def name_in_cookie(request: Request, keys: ApiKeys) -> str | None:
    """Who is signed in, None for nobody. Raises: Refused (403) where it cannot be told that our
    own page sends the request."""
    token = request.cookies.get(COOKIE)
    name = name_in_token(token, keys, now=time.time()) if token is not None else None
    if name is not None:
        check_is_our_page(request)
    return name


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


def _signature(name: str, expires: int, keys: ApiKeys) -> str | None:
    secret = keys.secret_for(name, _PURPOSE)
    if secret is None:
        return None
    digest = hmac.digest(secret, f"{name}.{expires}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
