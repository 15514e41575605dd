"""Who asks, by the key that a request carries."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from contracts.api_keys import ADMIN, ApiKeys
from contracts.errors import BrokerUnavailable
from ingest.gateway.problems import Refused
from ingest.gateway.web.session import session_in_cookie


@dataclass(frozen=True, kw_only=True)
class Principal:
    """Whose request it is. `tenant`: the only one whose jobs are shown; None: all of them."""

    name: str
    tenant: str | None

    def may_see(self, tenant: str) -> bool:
        return self.tenant in {None, tenant}


ANYBODY: Final = Principal(name="anybody", tenant=None)


def principal_of(keys: ApiKeys, key: str | None) -> Principal | None:
    """Whose request it is that carries this key; None if the key is nobody's."""
    if not keys.are_asked_for:
        return ANYBODY
    name = keys.name_of(key)
    return _named(name) if name is not None else None


def _named(name: str) -> Principal:
    return Principal(name=name, tenant=None if name == ADMIN else name)


_bearer = HTTPBearer(auto_error=False, description="a key of OCR_API_KEYS")
_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="the same in a header")


async def authenticated(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    header: Annotated[str | None, Depends(_header)],
) -> Principal:
    """The one who asks: by a key, or by the cookie of the web page. Raises: Refused (401, 403)."""
    keys: ApiKeys = request.app.state.keys
    principal = principal_of(keys, bearer.credentials if bearer is not None else header)
    if bearer is None and header is None and principal is None:
        session = session_in_cookie(request, keys)
        principal = _named(session.name) if session is not None else None
    if principal is None:
        raise Refused(
            401,
            "send a key of this system as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'; "
            "its operator has them",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return principal


async def connected(request: Request) -> None:
    """Raises: BrokerUnavailable, at once, while the broker is known to be away."""
    if not request.app.state.parts.broker.client.is_connected:
        raise BrokerUnavailable("the system's broker is away; try again in a moment")


Authenticated = Annotated[Principal, Depends(authenticated)]
