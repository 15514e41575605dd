"""`/jobs`: hand in, look, cancel, delete."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from broker.job_catalogue import MAX_LIMIT
from broker.list_cursor import PATTERN
from contracts.job_state import State
from ingest.gateway.accepting import DOCUMENT_OPENAPI, accept
from ingest.gateway.job_views import AcceptedJob, JobView, JobViews, links_of
from ingest.gateway.keys import Authenticated, connected
from ingest.gateway.parts import Gateway
from ingest.gateway.problems import problems

router = APIRouter(prefix="/jobs", tags=["jobs"], dependencies=[Depends(connected)])

JobId = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="the job's id", examples=["0199c2d1"])
]


@router.post(
    "",
    status_code=202,
    response_model=AcceptedJob,
    responses=problems(400, 401, 403, 409, 413, 422, 429, 503),
    openapi_extra={
        **DOCUMENT_OPENAPI,
        "parameters": [
            *DOCUMENT_OPENAPI["parameters"],
            {
                "in": "header",
                "name": "Idempotency-Key",
                "required": False,
                "schema": {"type": "string", "minLength": 1, "maxLength": 255},
                "description": "the same key is the same job, before and after its end",
            },
        ],
    },
)
async def submit(request: Request, gateway: Gateway, principal: Authenticated) -> JSONResponse:
    """Hand in a document, as a form with `file` or as the bare body. Answers once it is accepted
    durably: from then on the job ends in exactly one summary."""
    accepted = await accept(request, gateway, principal, priority="bulk")
    # Only of a job that was there before is there more to know than that it waits.
    state = await gateway.catalogue.find(accepted.job_id) if accepted.known else None
    told = AcceptedJob(
        job_id=accepted.job_id,
        state=state.state if state is not None else "queued",
        known=accepted.known,
        links=links_of(accepted.job_id),
    )
    return JSONResponse(told.model_dump(), 202, headers={"Location": told.links.self})


@router.get("", responses=problems(400, 401, 422, 503))
async def list_jobs(  # noqa: PLR0917 - FastAPI passes them by name
    gateway: Gateway,
    principal: Authenticated,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="how many at the most")] = 50,
    cursor: Annotated[
        str | None,
        Query(pattern=f"^({PATTERN})$", description="from the answer before"),
    ] = None,
    state: Annotated[State | None, Query(description="only those in this state")] = None,
    text: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=255,
            description="only those whose filename has this, in either case, or whose id begins so",
        ),
    ] = None,
) -> JobViews:
    """Jobs: those that go on first, then the ended ones, the latest first. Of the errors of each
    the first ten stand in `metrics`; `error_count` says how many there are, and `/jobs/{id}` has
    all. By its cursors, a list has each job once, whatever ends meanwhile."""
    found = await gateway.catalogue.page(
        limit=limit, cursor=cursor, state=state, tenant=principal.tenant, text=text
    )
    return JobViews(jobs=[JobView.of(each) for each in found.jobs], cursor=found.cursor)


@router.get("/{job_id}", responses=problems(400, 401, 404, 422, 503))
async def show(job_id: JobId, gateway: Gateway, principal: Authenticated) -> JobView:
    """How far a job is, or how it ended."""
    return JobView.of(await gateway.job(job_id, principal))


@router.delete(
    "/{job_id}",
    status_code=202,
    response_model=JobView,
    responses={
        204: {"description": "All that was kept of the ended job is gone"},
        **problems(400, 401, 404, 409, 422, 503),
    },
)
async def cancel(
    job_id: JobId,
    gateway: Gateway,
    principal: Authenticated,
    purge: Annotated[
        Literal["true", "false"],
        Query(description="true: remove all that is kept of an ended job"),
    ] = "false",
) -> Response:
    """Cancel a job that goes on: it ends with what has been read. With `purge=true`, remove an
    ended job, its outputs and its dead pages."""
    await gateway.job(job_id, principal)
    if purge == "true":
        await gateway.control.delete(job_id)
        return Response(status_code=204)
    await gateway.control.cancel(job_id)
    state = await gateway.job(job_id, principal)
    return JSONResponse(JobView.of(state).model_dump(mode="json"), 202)
