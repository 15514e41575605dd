"""`/web/dead`: jobs with pages that were given up, for who runs the system."""

import asyncio
from itertools import groupby
from typing import Any, Final

from fastapi import APIRouter, Depends, Response
from fastapi.responses import JSONResponse

from contracts.job_state import JobState
from ingest.gateway.keys import Authenticated, connected
from ingest.gateway.parts import Gateway

router = APIRouter(prefix="/web", include_in_schema=False, dependencies=[Depends(connected)])

_MOST_JOBS: Final = 50
_MOST_PAGES: Final = 1000


@router.get("/dead")
async def dead(gateway: Gateway, principal: Authenticated) -> Response:
    """The latest jobs that the one who asks may see, with their pages by number."""
    by_job = {
        job_id: [index + 1 for _, index in pages]
        for job_id, pages in groupby(await gateway.control.dead_pages(), lambda each: each[0])
    }
    # Ids that we make begin with the time.
    latest = sorted(by_job, reverse=True)[:_MOST_JOBS]
    found = await asyncio.gather(*(gateway.catalogue.find(each) for each in latest))

    def told(job: JobState) -> dict[str, Any]:
        pages = by_job[job.job_id][:_MOST_PAGES]
        return {"job_id": job.job_id, "filename": job.filename, "pages": pages}

    jobs = [told(each) for each in found if each is not None and principal.may_see(each.tenant)]
    return JSONResponse({"jobs": jobs}, headers={"Cache-Control": "no-store"})
