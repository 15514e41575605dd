"""Pages that were given up, for who runs the system: where, why, how they look; and another go."""

import asyncio
from itertools import groupby
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.responses import JSONResponse

from contracts.dead_pages import DeadPageRecord
from contracts.job_state import JobState
from contracts.jobs import rfc3339
from ingest.gateway.job_routes import JobId
from ingest.gateway.keys import Authenticated, connected
from ingest.gateway.parts import Gateway
from ingest.gateway.problems import Refused

router = APIRouter(prefix="/web", include_in_schema=False, dependencies=[Depends(connected)])

_MOST_JOBS: Final = 50
_MOST_LOOKS: Final = 500  # at jobs, of all tenants
_MOST_PAGES: Final = 1000
_NOT_KEPT: Final = {"Cache-Control": "no-store"}
# What a page's image may be, by its first bytes; nothing else is shown as one.
_KINDS: Final = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg"}
PageNumber = Annotated[int, Path(ge=1, le=10**6)]


@router.get("/dead")
async def all_dead(gateway: Gateway, principal: Authenticated) -> Response:
    """The latest jobs that the one who asks may see, with their pages by number."""
    by_job = {
        job_id: [index + 1 for _, index in pages]
        for job_id, pages in groupby(await gateway.control.dead_pages(), lambda each: each[0])
    }
    # Ids that we make begin with the time.
    latest = sorted(by_job, reverse=True)[:_MOST_LOOKS]

    def told(job: JobState) -> dict[str, Any]:
        pages = by_job[job.job_id][:_MOST_PAGES]
        return {"job_id": job.job_id, "filename": job.filename, "pages": pages}

    jobs: list[dict[str, Any]] = []
    # The latest of all may be others'.
    for begin in range(0, len(latest), _MOST_JOBS):
        some = latest[begin : begin + _MOST_JOBS]
        for job in await asyncio.gather(*(gateway.catalogue.find(each) for each in some)):
            if job is not None and principal.may_see(job.tenant):
                jobs.append(told(job))
        if len(jobs) >= _MOST_JOBS:
            break
    return JSONResponse({"jobs": jobs[:_MOST_JOBS]}, headers=_NOT_KEPT)


@router.get("/jobs/{job_id}/dead")
async def dead_of_job(job_id: JobId, gateway: Gateway, principal: Authenticated) -> Response:
    """The numbers of a job's pages that are kept, to be read again."""
    await gateway.job(job_id, principal)
    found = await gateway.control.dead_pages(job_id)
    return JSONResponse({"pages": [index + 1 for _, index in found]}, headers=_NOT_KEPT)


@router.get("/jobs/{job_id}/dead/{number}")
async def dead_page(
    job_id: JobId, number: PageNumber, gateway: Gateway, principal: Authenticated
) -> Response:
    """What is known of one. Raises: JobUnknown, JobStateConflict (it is none of them)."""
    await gateway.job(job_id, principal)
    record = await gateway.control.dead_page(job_id, number - 1, with_image=False)
    return JSONResponse(_about(record), headers=_NOT_KEPT)


@router.get("/jobs/{job_id}/dead/{number}/image")
async def dead_image(
    job_id: JobId, number: PageNumber, gateway: Gateway, principal: Authenticated
) -> Response:
    """Its image, as the nodes had it. Raises: as above; Refused (404), ObjectMissing."""
    await gateway.job(job_id, principal)
    record = await gateway.control.dead_page(job_id, number - 1)
    content = record.task.image if record.task is not None else b""
    for begins, kind in _KINDS.items():
        if content.startswith(begins):
            headers = {"Cross-Origin-Resource-Policy": "same-origin", **_NOT_KEPT}
            return Response(content, headers=headers, media_type=kind)
    raise Refused(404, f"no image of page {number} is kept")


@router.post("/jobs/{job_id}/replay")
async def replay(
    job_id: JobId,
    gateway: Gateway,
    principal: Authenticated,
    page: Annotated[int | None, Query(ge=1, le=10**6)] = None,
) -> Response:
    """Reads them again, or one of them, into the next revision of the job's outputs. Raises:
    JobStateConflict if there are none, JobUnknown."""
    await gateway.job(job_id, principal)
    _, indexes = await gateway.control.replay(
        job_id,
        page_index=page - 1 if page is not None else None,
        deadline_s=gateway.settings.defaults.deadline_s,
    )
    return JSONResponse({"pages": [index + 1 for index in indexes]}, 202)


def _about(record: DeadPageRecord) -> dict[str, Any]:
    return {
        "reason": record.reason,
        "attempts": record.attempts,
        "worker": record.worker,
        "died_at": rfc3339(record.died_at),
        "has_image": record.task is not None,
    }
