"""`/ocr/...`: hand in a document and wait for what was read."""

import asyncio
import contextlib
from typing import Annotated, Any, Final, Literal

import structlog
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse

from contracts.errors import BrokerUnavailable, JobStateConflict, JobUnknown, TransientError
from contracts.jobs import JobSummary
from ingest.gateway.accepting import DOCUMENT_OPENAPI, accept
from ingest.gateway.job_views import AcceptedJob, links_of
from ingest.gateway.keys import Authenticated, connected
from ingest.gateway.made_formats import made_format
from ingest.gateway.output_routes import output_response
from ingest.gateway.parts import Gateway, Parts
from ingest.gateway.problems import problems

log = structlog.get_logger(__name__)

router = APIRouter(prefix="/ocr", tags=["waiting"], dependencies=[Depends(connected)])

Flag = Literal["true", "false"]
_JOB_ID: Final = "X-Job-Id"
_RESULT: Final[dict[str, Any]] = {
    "description": "what was read",
    "headers": {_JOB_ID: {"schema": {"type": "string"}, "description": "the job's id"}},
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["metrics", "results", "combined_text", "combined_markdown"],
                "properties": {
                    "metrics": {"type": "object"},
                    "results": {"type": "array", "items": {"type": "object"}},
                    "combined_text": {"type": "string"},
                    "combined_markdown": {"type": "string"},
                },
            }
        }
    },
}


async def _gone(request: Request) -> None:
    """Returns when the client has hung up. Only for a request whose body was read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _end_or_gone(
    parts: Parts, request: Request, job_id: str
) -> tuple[JobSummary | None, bool]:
    """The job's summary, None if time ran out first; and whether the client has hung up."""
    end = asyncio.create_task(parts.following.end_of(job_id))
    gone = asyncio.create_task(_gone(request))
    try:
        await asyncio.wait(
            {end, gone},
            timeout=parts.settings.sync_timeout_s,
            return_when=asyncio.FIRST_COMPLETED,
        )
        return (end.result() if end.done() else None), gone.done()
    finally:
        for task in (end, gone):
            task.cancel()
        await asyncio.wait({end, gone})


async def _answer(
    request: Request,
    gateway: Parts,
    principal: Authenticated,
    *,
    detach: bool,
    accept_encoding: str,
) -> Response:
    accepted = await accept(request, gateway, principal, priority="interactive")
    job_id = accepted.job_id
    try:
        summary, gone = await _end_or_gone(gateway, request, job_id)
    except BrokerUnavailable:
        # It is accepted, and goes on once the broker is back.
        summary, gone = None, False
    if summary is None and gone:
        if not detach:
            with contextlib.suppress(JobStateConflict, JobUnknown, TransientError):
                await gateway.control.cancel(job_id)
                log.info("client hung up, job cancelled", job_id=job_id)
        return Response(status_code=499)
    if summary is None:
        told = AcceptedJob(job_id=job_id, state="running", links=links_of(job_id))
        return JSONResponse(
            told.model_dump(), 202, headers={"Location": told.links.self, _JOB_ID: job_id}
        )
    facts = await made_format(gateway, summary, "json")
    response = await output_response(
        gateway.outputs, summary, "json", facts, accept_encoding=accept_encoding
    )
    response.headers[_JOB_ID] = job_id
    del response.headers["Content-Disposition"]
    return response


def _add(path: str, what: str) -> None:
    @router.post(
        path,
        response_class=Response,
        operation_id=f"ocr_{path.strip('/')}",
        summary=f"Read {what} and wait for the result",
        responses={
            200: _RESULT,
            202: {"model": AcceptedJob, "description": "it takes longer: follow the links"},
            **problems(400, 401, 403, 409, 410, 413, 422, 429, 503),
        },
        openapi_extra=DOCUMENT_OPENAPI,
    )
    async def read(
        request: Request,
        gateway: Gateway,
        principal: Authenticated,
        detach: Annotated[
            Flag, Query(description="true: a client that hangs up does not cancel the job")
        ] = "false",
        accept_encoding: Annotated[str, Header(include_in_schema=False)] = "",
    ) -> Response:
        return await _answer(
            request,
            gateway,
            principal,
            detach=detach == "true",
            accept_encoding=accept_encoding,
        )

    read.__doc__ = (
        f"Hand in {what}, as a form with `file` or as the bare body, and wait. A document that "
        "cannot be read is answered with 200 and `metrics.status` `failed`: `metrics.errors` says "
        "why. Hanging up cancels the job."
    )


_add("/pdf", "a PDF")
_add("/image", "an image")
