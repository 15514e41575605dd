"""Who asks: API keys, compared in constant time, and never shown."""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Annotated, Final, Self

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from contracts.errors import InvalidOption
from contracts.ids import checked_token
from ingest.gateway.problems import Refused

_ADMIN: Final = "admin"
_LEAST_CHARS: Final = 16


@dataclass(frozen=True, kw_only=True)
class Principal:
    """Whose request it is. `tenant`: the only one whose jobs are shown; None: all of them."""

    name: str
    tenant: str | None

    def may_see(self, tenant: str) -> bool:
        return self.tenant in {None, tenant}


ANYBODY: Final = Principal(name="anybody", tenant=None)


class ApiKeys:
    """The keys of a gateway; without any, everybody may do everything."""

    def __init__(self, digests: dict[str, bytes], *, off: bool = False) -> None:
        self._digests = digests
        # Whether somebody has decided who may use the gateway, if only that everybody may.
        self.are_settled = off or bool(digests)

    @classmethod
    def parse(cls, text: str, *, off: bool = False) -> Self:
        """`name:key`, with commas. `off`: nobody needs one.

        Raises: InvalidOption, without the key in its sentence.
        """
        digests: dict[str, bytes] = {}
        if off:
            return cls(digests, off=True)
        for number, entry in enumerate(filter(None, map(str.strip, text.split(","))), start=1):
            name, _, key = entry.partition(":")
            if len(key) < _LEAST_CHARS or not key.isascii() or not key.isprintable():
                raise InvalidOption(
                    f"entry {number} of OCR_API_KEYS is not name:key with a key of {_LEAST_CHARS} "
                    "characters or more; make one with 'openssl rand -hex 24'"
                )
            name = checked_token(name, what=f"the name of entry {number} of OCR_API_KEYS")
            if name in digests:
                raise InvalidOption(f"OCR_API_KEYS names {name} twice; give each key its own name")
            digests[name] = _digest(key)
        return cls(digests)

    def principal(self, key: str | None) -> Principal | None:
        """Whose key it is; None if it is nobody's. Takes as long for each key."""
        if not self._digests:
            return ANYBODY
        given = _digest(key or "")
        found = None
        for name, digest in self._digests.items():
            if hmac.compare_digest(digest, given):
                found = name
        if found is None:
            return None
        return Principal(name=found, tenant=None if found == _ADMIN else found)


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()


_bearer = HTTPBearer(auto_error=False, description="a key of OCR_API_KEYS")
_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="the same in a header")


async def authenticated(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    header: Annotated[str | None, Depends(_header)],
) -> Principal:
    """The one who asks. Raises: Refused (401)."""
    keys: ApiKeys = request.app.state.keys
    principal = keys.principal(bearer.credentials if bearer is not None else header)
    if principal is None:
        raise Refused(
            401,
            "send a key of this system as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'; "
            "its operator has them",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return principal


Authenticated = Annotated[Principal, Depends(authenticated)]
