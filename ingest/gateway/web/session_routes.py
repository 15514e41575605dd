"""`/web/session`: signing in and out; `/web/setup`: what the page must know of the gateway."""

import time
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from contracts.api_keys import ApiKeys
from contracts.job_options import MAX_DPI, MIN_DPI, MODES, QUALITIES
from contracts.languages import LANGUAGES
from contracts.output_formats import ALWAYS_MADE, OUTPUT_FORMATS, SUFFIXES
from ingest.gateway.keys import Authenticated, principal_of
from ingest.gateway.parts import Gateway
from ingest.gateway.problems import Refused
from ingest.gateway.web.session import (
    COOKIE,
    Session,
    check_is_our_page,
    session_in_cookie,
    signed_in,
)

router = APIRouter(prefix="/web", include_in_schema=False)

_NEVER_KEPT = {"Cache-Control": "no-store"}


class SignIn(BaseModel):
    """The body of a sign-in: a key of OCR_API_KEYS."""

    model_config = ConfigDict(extra="forbid")

    key: Annotated[str, Field(min_length=1, max_length=1024)]


@router.post("/session")
async def sign_in(request: Request, given: SignIn) -> Response:
    """Keeps the key's name in a cookie. Raises: Refused (401, 403)."""
    check_is_our_page(request)
    keys: ApiKeys = request.app.state.keys
    principal = principal_of(keys, given.key)
    if principal is None:
        raise Refused(401, "this key is not known here; ask the operator of this system for one")
    answer = JSONResponse({"name": principal.name}, headers=_NEVER_KEPT)
    if keys.are_asked_for:
        _keep(answer, signed_in(principal.name, now=time.time()), request)
    return answer


@router.put("/session")
async def stay(request: Request) -> Response:
    """Signs whoever uses the page in for another while. Raises: Refused (401, 403)."""
    keys: ApiKeys = request.app.state.keys
    session = session_in_cookie(request, keys)
    if session is None:
        raise Refused(401, "nobody is signed in any more; sign in again")
    answer = Response(status_code=204, headers=_NEVER_KEPT)
    _keep(answer, session.renewed(now=time.time()), request)
    return answer


def _keep(answer: Response, session: Session, request: Request) -> None:
    answer.set_cookie(
        COOKIE,
        session.token(request.app.state.keys),
        max_age=max(session.expires - int(time.time()), 0),
        path="/",
        httponly=True,
        samesite="strict",
        secure=_is_over_tls(request),
    )


@router.delete("/session")
async def sign_out(request: Request) -> Response:
    """Forgets who is signed in, in this browser. Raises: Refused (403)."""
    check_is_our_page(request)
    answer = Response(status_code=204, headers=_NEVER_KEPT)
    answer.delete_cookie(
        COOKIE, path="/", httponly=True, samesite="strict", secure=_is_over_tls(request)
    )
    return answer


@router.get("/setup")
async def setup(gateway: Gateway, principal: Authenticated) -> Response:
    """Who is signed in, and what this gateway takes and makes. Raises: Refused (401)."""
    settings = gateway.settings
    told: dict[str, Any] = {
        "version": settings.version,
        "keys": settings.keys.are_asked_for,
        "name": principal.name,
        "sees_all": principal.tenant is None,
        "max_upload_bytes": settings.max_upload_bytes,
        "passwords": settings.seal is not None,
        "defaults": {
            "language": settings.defaults.language,
            "dpi": settings.defaults.dpi,
            "mode": settings.defaults.mode,
            "quality": settings.defaults.quality,
        },
        "dpi": [MIN_DPI, MAX_DPI],
        "languages": sorted(LANGUAGES),
        "modes": MODES,
        "qualities": QUALITIES,
        "formats": [
            {"name": name, "suffix": SUFFIXES[name], "at_hand": name in ALWAYS_MADE}
            for name in OUTPUT_FORMATS
        ],
    }
    return JSONResponse(told, headers=_NEVER_KEPT)


def _is_over_tls(request: Request) -> bool:
    # What a proxy in front of us says can only make the cookie stricter.
    return "https" in {request.url.scheme, request.headers.get("x-forwarded-proto", "")}
