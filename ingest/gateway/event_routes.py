"""Progress as server-sent events."""

from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header
from fastapi.responses import StreamingResponse

from contracts.errors import BrokerUnavailable
from contracts.events import job_event
from contracts.jobs import JobSummary
from ingest.gateway.following import Following, Step
from ingest.gateway.job_routes import JobId
from ingest.gateway.keys import Authenticated, connected
from ingest.gateway.parts import Gateway
from ingest.gateway.problems import problems

router = APIRouter(prefix="/jobs/{job_id}", tags=["jobs"], dependencies=[Depends(connected)])

# How long a client waits before it comes back after a cut connection.
_RETRY_MS: Final = 1000


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Events `accepted`, `page_done`, `page_failed`; last `summary`, after "
            "which the stream ends. `id` counts the pages that have ended.",
            "content": {"text/event-stream": {}},
        },
        **problems(400, 401, 404, 422, 503),
    },
)
async def events(
    job_id: JobId,
    gateway: Gateway,
    principal: Authenticated,
    last_event_id: Annotated[
        str | None, Header(description="where you were: goes on behind it, at any gateway")
    ] = None,
) -> StreamingResponse:
    """Follow a job: what was told already, then what comes, then its summary."""
    await gateway.job(job_id, principal)
    known = last_event_id or ""
    after = int(known) if known.isascii() and known.isdecimal() and len(known) < 10 else -1
    return StreamingResponse(
        _stream(gateway.following, job_id, after),
        media_type="text/event-stream",
        # Nginx would hold events back.
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _stream(following: Following, job_id: str, after: int) -> AsyncIterator[str]:
    yield f"retry: {_RETRY_MS}\n\n"
    try:
        async for step in following.steps(job_id, after=after):
            match step:
                case None:
                    yield ": still here\n\n"
                case Step(number=number, event=event):
                    place = "" if number is None else f"id: {number}\n"
                    data = job_event.dump_json(event).decode()
                    yield f"{place}event: {event.event}\ndata: {data}\n\n"
                case JobSummary():
                    yield f"event: summary\ndata: {step.model_dump_json()}\n\n"
    except BrokerUnavailable:
        # The client comes back, with the number of the last event that it has.
        return
