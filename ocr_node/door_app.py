"""What a node answers over HTTP: how it is, and one page read beside the queue."""

import asyncio
import base64
import binascii
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from contracts.api_keys import ApiKeys
from contracts.errors import InvalidOption, OcrError
from contracts.job_options import Quality
from ocr_node import problems
from ocr_node.direct_reading import DirectReading
from ocr_node.problems import Problem
from ocr_node.reader import must_be_read_here
from ocr_node.self_report import SelfReport

_MAX_BODY_BYTES: Final = 32 * 2**20
# For a body to come in; a node is spoken to from near by.
_BODY_S: Final = 60.0
# Each may hold a body; one page is read at a time.
_AT_ONCE: Final = 4


class PageRequest(BaseModel):
    """The body of POST /ocr."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    image_base64: Annotated[str, Field(description="PNG, JPEG, TIFF, WebP, BMP or GIF")]
    language: str | None = None
    page_number: Annotated[int, Field(ge=1, le=10**9)] = 1
    quality: Quality = "balanced"


@dataclass(frozen=True, kw_only=True)
class _Asked:
    image: bytes
    language: str
    page_index: int
    quality: Quality


def door_app(
    reading: DirectReading,
    report: SelfReport,
    *,
    default_language: str,
    keys: ApiKeys | None,
) -> FastAPI:
    """The application. `keys`: one of them must come with each page; None: none is asked for."""
    app = FastAPI(title="ocr-node", version=report.identity.version, docs_url=None, redoc_url=None)
    inside = 0

    @app.get("/health")
    async def health() -> JSONResponse:
        """How this node is: 200 if it reads pages, 503 while it starts or stops."""
        told = report.health()
        status = 200 if told.status == "healthy" else 503
        return JSONResponse(told.model_dump(mode="json"), status_code=status)

    body = {"content": {"application/json": {"schema": PageRequest.model_json_schema()}}}

    @app.post("/ocr", openapi_extra={"requestBody": {"required": True, **body}})
    async def ocr(request: Request) -> JSONResponse:
        """Reads one page, in the shape of an entry of `results`."""
        nonlocal inside
        if keys is not None and keys.name_of(_key_of(request.headers)) is None:
            raise Problem(
                HTTPStatus.UNAUTHORIZED,
                "a key is needed; send one of OCR_API_KEYS as Authorization: Bearer KEY",
                WWW_Authenticate="Bearer",
            )
        if (status := report.health().status) != "healthy":
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"this node is {status}; send the page in a moment, or to another node",
                Retry_After="5",
            )
        if inside >= _AT_ONCE:
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"{inside} pages wait here already; send the page in a moment, or submit documents "
                "to the queue",
                Retry_After="1",
            )
        inside += 1
        try:
            # Decoding takes a while, and leases are renewed on this loop.
            asked = await asyncio.to_thread(
                _understood, await _body(request), default_language, report.identity.languages
            )
            page = await reading.read(
                asked.image,
                language=asked.language,
                page_index=asked.page_index,
                quality=asked.quality,
            )
        finally:
            inside -= 1
        return JSONResponse(page.report())

    _answer_problems(app)
    return app


def _key_of(headers: Mapping[str, str]) -> str:
    """The key in `Authorization: Bearer KEY` or `X-API-Key: KEY`, empty if there is none."""
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    return bearer.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")


def _answer_problems(app: FastAPI) -> None:
    @app.exception_handler(Problem)
    async def refused(_: Request, problem: Problem) -> Response:
        return problems.response(problem)

    @app.exception_handler(OcrError)
    async def wrong(_: Request, error: OcrError) -> Response:
        return problems.response(problems.as_problem(error))

    @app.exception_handler(HTTPException)
    async def unknown(request: Request, error: HTTPException) -> Response:
        told = f"{request.method} {request.url.path} is not answered here; there are GET /health "
        problem = Problem(HTTPStatus(error.status_code), told + "and POST /ocr")
        problem.headers.update(error.headers or {})
        return problems.response(problem)

    @app.exception_handler(Exception)
    async def ours(_: Request, __: Exception) -> Response:
        # Starlette raises it again, and uvicorn logs it.
        problem = Problem(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "the request failed for a reason that is ours; look into this node's log",
        )
        return problems.response(problem)


async def _body(request: Request) -> bytes:
    """The whole body. Raises: Problem."""
    too_large = Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"the body is over {_MAX_BODY_BYTES // 2**20} MB; send a smaller image, or submit it to "
        "the queue",
    )
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > _MAX_BODY_BYTES:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > _MAX_BODY_BYTES:
                    raise too_large
    except TimeoutError:
        raise Problem(
            HTTPStatus.REQUEST_TIMEOUT, f"the body did not come within {_BODY_S:g} s; send it again"
        ) from None
    except ClientDisconnect:
        raise Problem(HTTPStatus.BAD_REQUEST, "the body was cut off; send it again") from None
    return bytes(body)


def _understood(body: bytes, default_language: str, languages: Collection[str]) -> _Asked:
    """What a body asks for. Raises: InvalidOption."""
    try:
        asked = PageRequest.model_validate_json(body)
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the body"
        told = first["msg"]
        if first["type"] == "extra_forbidden":
            told = f"not known here; known are {', '.join(PageRequest.model_fields)}"
        raise InvalidOption(
            f"{where}: {told}; send JSON like "
            '{"image_base64": "...", "language": "en", "page_number": 1, "quality": "balanced"}'
        ) from None
    language = asked.language or default_language
    must_be_read_here(language, languages)
    try:
        # Line breaks are what the command base64 puts in.
        image = base64.b64decode("".join(asked.image_base64.split()), validate=True)
    except (binascii.Error, ValueError):
        image = b""
    if not image:
        raise InvalidOption("image_base64 is no base64 of an image; encode the file as it is")
    return _Asked(
        image=image, language=language, page_index=asked.page_number - 1, quality=asked.quality
    )
