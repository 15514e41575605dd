"""From a request to an accepted job, the same for all routes that take documents."""

import re
from typing import Any, Final

from fastapi import Request
from structlog.contextvars import bind_contextvars

from broker.handing_in import Accepted
from contracts.errors import JobIdTaken
from contracts.ids import checked_token, new_job_id
from contracts.job_identity import job_id_for_key
from contracts.job_options import MODES, QUALITIES, RUNNING_HEADS, JobOptions, Priority
from contracts.languages import LANGUAGES
from contracts.option_headers import HEADER_JOB_ID, HEADER_PASSWORD
from contracts.output_formats import OUTPUT_FORMATS
from contracts.trace_context import HEADER_TRACEPARENT, HEADER_TRACESTATE
from ingest.gateway.form import FILE_FIELD
from ingest.gateway.keys import Principal
from ingest.gateway.known_names import PASSWORD_FIELD
from ingest.gateway.parts import Parts
from ingest.gateway.problems import Refused
from ingest.gateway.upload import Upload
from tracing.work import note, trace_headers

IDEMPOTENCY_KEY: Final = "Idempotency-Key"
_KEY_CHARS: Final = 255
_TRACESTATE_CHARS: Final = 512
_OF_A_KEY: Final = re.compile("k[0-9a-f]{39}", re.ASCII)


async def accept(
    request: Request, parts: Parts, principal: Principal, *, priority: Priority
) -> Accepted:
    """Takes the document in the request; on return it is durably accepted.

    `priority`: of a request that names none. Raises: Refused, InvalidOption, JobIdTaken,
    StoreFull, BrokerUnavailable.
    """
    parts.rates.admit(principal.name)
    defaults = parts.settings.defaults.model_copy(update={"priority": priority})
    if principal.tenant is not None:
        defaults = defaults.model_copy(update={"tenant": principal.tenant})

    def spend(size: int) -> None:
        parts.rates.spend(principal.name, size)
        parts.metrics.counts.uploaded(size)

    upload = Upload(
        request,
        defaults=defaults,
        max_bytes=parts.settings.max_upload_bytes,
        spend=spend,
        seal=parts.settings.seal,
    )
    upload.check_options()
    job_id = job_id_of(request, principal)
    bind_contextvars(job_id=job_id)
    note(job_id=job_id)
    there = await parts.catalogue.find(job_id) if principal.tenant is not None else None
    if there is not None and not principal.may_see(there.tenant):
        # Also for the same document: its job is another tenant's, and shows nothing to this one.
        raise JobIdTaken(f"job id {job_id} is taken; submit the document under another id")

    def particulars() -> Any:
        told = upload.particulars()
        _own_tenant_only(told.options, principal)
        return told

    return await parts.hand_in.submit_late(
        upload.content(), job_id=job_id, particulars=particulars, headers=_trace_of(request)
    )


def _trace_of(request: Request) -> dict[str, str]:
    """The headers that carry the request's trace on."""
    headers = trace_headers()
    state = request.headers.get(HEADER_TRACESTATE, "")
    # It is about a trace that somebody else began, and says nothing about one of ours.
    if state and len(state) <= _TRACESTATE_CHARS and HEADER_TRACEPARENT in request.headers:
        headers[HEADER_TRACESTATE] = state
    return headers


def job_id_of(request: Request, principal: Principal) -> str:
    """The id that was asked for, by itself or by an idempotency key, or else a new one.

    Keys of two tenants never meet. Raises: InvalidOption, Refused.
    """
    key = request.headers.get(IDEMPOTENCY_KEY)
    if key is not None and not 1 <= len(key) <= _KEY_CHARS:
        raise Refused(400, f"{IDEMPOTENCY_KEY} must have 1 to {_KEY_CHARS} characters")
    asked_for = request.query_params.get("job_id", request.headers.get(HEADER_JOB_ID))
    if asked_for is not None:
        if principal.tenant is not None and _OF_A_KEY.fullmatch(asked_for):
            # Who knows another tenant's key could take its job's id.
            raise Refused(400, "job_id is of the form that Idempotency-Key makes; take another one")
        return checked_token(asked_for, what="job_id")
    if key is None:
        return new_job_id()
    return job_id_for_key(f"{principal.name}:{key}")


def _own_tenant_only(options: JobOptions, principal: Principal) -> None:
    if principal.tenant is not None and options.tenant != principal.tenant:
        raise Refused(
            403, f"this key hands in for tenant {principal.tenant} only; leave tenant out"
        )


_ONE_RANGE: Final = "[1-9][0-9]{0,5}(-([1-9][0-9]{0,5})?)?"
_PAGES: Final = f"^{_ONE_RANGE}(,{_ONE_RANGE}){{0,20}}$"
_ONE_FORMAT: Final = f"({'|'.join(OUTPUT_FORMATS)})"
_FORMATS: Final = f"^{_ONE_FORMAT}(,{_ONE_FORMAT}){{0,8}}$"
_OPTION_PARAMETERS: Final[list[dict[str, Any]]] = [
    {
        "name": "language",
        "schema": {"type": "string", "enum": sorted(LANGUAGES)},
        "example": "en",
    },
    {"name": "dpi", "schema": {"type": "integer", "minimum": 50, "maximum": 1200}, "example": 200},
    {"name": "pages", "schema": {"type": "string", "pattern": _PAGES}, "example": "1-"},
    {"name": "priority", "schema": {"type": "string", "enum": ["interactive", "bulk"]}},
    {"name": "tenant", "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}},
    {"name": "deadline_seconds", "schema": {"type": "integer", "minimum": 1, "maximum": 2419200}},
    {
        "name": "formats",
        "schema": {"type": "string", "pattern": _FORMATS},
        "example": "pdf,alto",
        "description": "made before the job ends; every other format is made when it is asked for",
    },
    {"name": "mode", "schema": {"type": "string", "enum": list(MODES)}},
    {"name": "quality", "schema": {"type": "string", "enum": list(QUALITIES)}},
    {"name": "running_heads", "schema": {"type": "string", "enum": list(RUNNING_HEADS)}},
    {"name": "filename", "schema": {"type": "string", "maxLength": 255}, "example": "scan.pdf"},
]

# The body is read as it comes, not by FastAPI: what it may be is said here.
DOCUMENT_OPENAPI: Final[dict[str, Any]] = {
    "parameters": [
        *({"in": "query", "required": False, **each} for each in _OPTION_PARAMETERS),
        {
            "in": "query",
            "name": "job_id",
            "required": False,
            "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
            "description": "the same id is the same job; one is made if it is left out",
        },
        {
            "in": "header",
            "name": HEADER_PASSWORD,
            "required": False,
            # What is not ASCII is written as RFC 8187 has it: UTF-8''p%C3%A4ss.
            "schema": {"type": "string", "maxLength": 1024},
            "description": "opens an encrypted PDF or ZIP; sealed at once, and never a parameter",
        },
    ],
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [FILE_FIELD],
                    "additionalProperties": False,
                    "properties": {
                        FILE_FIELD: {"type": "string", "format": "binary"},
                        **{each["name"]: each["schema"] for each in _OPTION_PARAMETERS},
                        PASSWORD_FIELD: {
                            "type": "string",
                            "format": "password",
                            "pattern": "^[ -~]{0,255}$",
                        },
                    },
                }
            },
            "application/pdf": {"schema": {"type": "string", "format": "binary"}},
            "application/zip": {"schema": {"type": "string", "format": "binary"}},
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            **{
                f"image/{kind}": {"schema": {"type": "string", "format": "binary"}}
                for kind in ("png", "jpeg", "tiff", "webp", "bmp", "gif", "jp2", "avif", "heic")
            },
        },
    },
}
