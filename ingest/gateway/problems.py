"""What is wrong with a request, as RFC 9457 problem documents: `detail` says what to do."""

import re
from collections.abc import Mapping
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from broker.object_reading import ObjectMissing
from contracts.errors import (
    FormatUnavailable,
    InvalidOption,
    JobIdTaken,
    JobStateConflict,
    JobUnknown,
    LanguageUnavailable,
    OcrError,
    PermanentError,
    StoreFull,
    TransientError,
)

log = structlog.get_logger(__name__)

MEDIA_TYPE: Final = "application/problem+json"
# How long a client should wait before it tries again while the broker is full or away.
RETRY_AFTER_S: Final = 5

_TITLES: Final = {
    400: "The request cannot be used",
    401: "A key is missing or wrong",
    403: "The key does not allow this",
    404: "There is no such thing",
    405: "The method is not allowed here",
    408: "The request came too slowly",
    409: "The state of the job, or of the system, does not allow this",
    410: "The outputs have expired",
    413: "The document is too large",
    416: "The range cannot be given",
    422: "The request cannot be understood",
    429: "Too much at once",
    500: "The gateway failed",
    503: "The system cannot take this at the moment",
}
FORMAT_UNAVAILABLE: Final = "urn:distributed-ocr:format-unavailable"
_TITLES_BY_KIND: Final = {FORMAT_UNAVAILABLE: "The format cannot be made of this job"}
_DETAILS: Final = {
    404: "there is nothing under this address; /docs lists what there is",
    405: "this address does not take that method; /docs lists what it takes",
}
_FULL: Final = "the system has no room at the moment; try again in a moment"
_AWAY: Final = "the system's broker does not answer; try again in a moment"
_OURS: Final = "the request failed for a reason that is ours; look into the gateway's log"

_STATUS: Final[tuple[tuple[type[OcrError], int], ...]] = (
    # It can be asked for, and will be read once a node has come.
    (LanguageUnavailable, 409),
    (InvalidOption, 400),
    (JobUnknown, 404),
    (JobStateConflict, 409),
    (JobIdTaken, 409),
    (ObjectMissing, 410),
    (TransientError, 503),
    (PermanentError, 422),
)


class Problem(BaseModel):
    """An error as clients get it, in `application/problem+json`."""

    type: str = "about:blank"
    title: str
    status: int = Field(examples=[409])
    detail: str = Field(description="what is wrong, and what to do about it")


class Refused(Exception):
    """A request that is answered with a problem document."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        kind: str = "about:blank",
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})
        self.kind = kind


def problem(
    status: int,
    detail: str,
    headers: Mapping[str, str] | None = None,
    *,
    kind: str = "about:blank",
) -> JSONResponse:
    """The answer to a request that cannot be served."""
    title = _TITLES_BY_KIND.get(kind) or _TITLES.get(status, "The request failed")
    known = Problem(type=kind, title=title, status=status, detail=detail)
    extra = dict(headers or {})
    if status == 503:
        extra.setdefault("Retry-After", str(RETRY_AFTER_S))
    return JSONResponse(
        known.model_dump(), status_code=status, headers=extra, media_type=MEDIA_TYPE
    )


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route may answer instead of what it is for, for its OpenAPI description."""
    return {
        status: {
            "description": _TITLES[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }


def _methods(app: FastAPI, path: str) -> set[str]:
    described = {
        method.upper()
        for template, operations in app.openapi()["paths"].items()
        if re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", template), path)
        for method in operations
    }
    # Not described by itself (ingest.gateway.head).
    return described | ({"HEAD"} if "GET" in described else set())


def install(app: FastAPI) -> None:
    """Makes every error of the application a problem document."""

    @app.exception_handler(Refused)
    async def refused(_: Request, wrong: Refused) -> JSONResponse:
        return problem(wrong.status, wrong.detail, wrong.headers, kind=wrong.kind)

    @app.exception_handler(OcrError)
    async def known(_: Request, wrong: OcrError) -> JSONResponse:
        status = next((code for kind, code in _STATUS if isinstance(wrong, kind)), 500)
        if isinstance(wrong, TransientError):
            # What is about the operator's machines is for the operator's eyes.
            log.warning("a request waits for the broker", reason=str(wrong))
            return problem(status, _FULL if isinstance(wrong, StoreFull) else _AWAY)
        if isinstance(wrong, LanguageUnavailable):
            # Clients tell it from the other conflicts.
            return problem(status, str(wrong), kind="urn:distributed-ocr:language-unavailable")
        if isinstance(wrong, FormatUnavailable):
            return problem(status, str(wrong), kind=FORMAT_UNAVAILABLE)
        return problem(status, str(wrong))

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, wrong: RequestValidationError) -> JSONResponse:
        told = "; ".join(
            f"{'.'.join(str(part) for part in error['loc'])}: {error['msg']}"
            for error in wrong.errors()
        )
        return problem(422, f"{told[:500]}; /docs says what is expected")

    @app.exception_handler(HTTPException)
    async def by_framework(request: Request, wrong: HTTPException) -> JSONResponse:
        detail = _DETAILS.get(wrong.status_code, str(wrong.detail))
        headers = dict(wrong.headers or {})
        if wrong.status_code == 405:
            # The framework knows the methods of one route, and an address may have several.
            described = _methods(app, request.url.path)
            if described:
                headers["Allow"] = ", ".join(sorted(described))
        return problem(wrong.status_code, detail, headers)

    @app.exception_handler(ClientDisconnect)
    async def gone(request: Request, _: ClientDisconnect) -> JSONResponse:
        log.info("client hung up", path=request.url.path)
        return problem(400, "the connection was cut before the request's end; send it again")

    @app.exception_handler(Exception)
    async def ours(request: Request, wrong: Exception) -> JSONResponse:
        log.error("a request failed", path=request.url.path, exc_info=wrong)
        return problem(500, _OURS)
