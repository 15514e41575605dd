"""`/web/jobs/{id}/...`: the pages of an ended job one at a time, for the page that shows them."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Path, Query, Response
from fastapi.responses import JSONResponse

from broker.output_reader import OutputFacts
from contracts.errors import JobStateConflict
from ingest.gateway.job_routes import JobId
from ingest.gateway.keys import Authenticated, Principal, connected
from ingest.gateway.output_routes import summary_of
from ingest.gateway.parts import Gateway, Parts
from ingest.gateway.problems import Refused
from ingest.page_image import MOST_PICTURE_WIDTH_PX

router = APIRouter(
    prefix="/web/jobs/{job_id}", include_in_schema=False, dependencies=[Depends(connected)]
)

_MOST_PAGES: Final = 10**6
KnownTag = Annotated[str | None, Header(alias="If-None-Match")]
PageIndex = Annotated[int, Path(ge=0, lt=_MOST_PAGES)]


@router.get("/pages")
async def pages(
    job_id: JobId, gateway: Gateway, principal: Authenticated, if_none_match: KnownTag = None
) -> Response:
    """All pages, a short entry each (page_lines.entry_of). Raises: Refused, JobUnknown."""
    output = await _pages_of(gateway, job_id, principal)
    headers = _headers(output)
    if if_none_match is not None and headers["ETag"] in if_none_match:
        return Response(status_code=304, headers=headers)
    found = await gateway.page_places.pages(output)
    return JSONResponse({"pages": found.entries}, headers=headers)


@router.get("/pages/{index}")
async def page(
    job_id: JobId,
    index: PageIndex,
    gateway: Gateway,
    principal: Authenticated,
    if_none_match: KnownTag = None,
) -> Response:
    """One page as in `results`; `index` from 0, in the order of /pages."""
    output = await _pages_of(gateway, job_id, principal)
    headers = _headers(output)
    if if_none_match is not None and headers["ETag"] in if_none_match:
        return Response(status_code=304, headers=headers)
    try:
        report = await gateway.page_places.page(output, index)
    except IndexError:
        raise Refused(404, f"this job has no page {index + 1} in its result") from None
    return Response(report, headers=headers, media_type="application/json")


@router.get("/image/{index}")
async def image(  # noqa: PLR0917 - FastAPI passes them by name
    job_id: JobId,
    index: PageIndex,
    gateway: Gateway,
    principal: Authenticated,
    width: Annotated[int, Query(ge=1, le=MOST_PICTURE_WIDTH_PX)] = 1600,
    if_none_match: KnownTag = None,
) -> Response:
    """The page as it was handed in, as JPEG at most `width` px wide. Raises: Refused,
    PageUnreadable, DocumentRejected, ObjectMissing (the document is not kept)."""
    summary = await summary_of(gateway, job_id, principal)
    output = await _pages_of(gateway, job_id, principal)
    etag = f'"{summary.document_sha256[:32]}-{index}-{width}"'
    headers = {
        "ETag": etag,
        "Cache-Control": "private, no-cache",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if if_none_match is not None and etag in if_none_match:
        return Response(status_code=304, headers=headers)
    entries = (await gateway.page_places.pages(output)).entries
    if index >= len(entries):
        raise Refused(404, f"this job has no page {index + 1} in its result")
    number = int(entries[index][0])
    shown = await gateway.pictures.picture(summary, number - 1, width_px=width)
    return Response(shown, headers=headers, media_type="image/jpeg")


@router.get("/find")
async def find(
    job_id: JobId,
    gateway: Gateway,
    principal: Authenticated,
    q: Annotated[str, Query(min_length=1, max_length=200)],
) -> Response:
    """On which pages a text stands, and how often: [[index, count], ...]."""
    output = await _pages_of(gateway, job_id, principal)
    found = await gateway.page_places.find(output, q)
    return JSONResponse({"pages": found}, headers={"Cache-Control": "no-store"})


async def _pages_of(gateway: Parts, job_id: str, principal: Principal) -> OutputFacts:
    summary = await summary_of(gateway, job_id, principal)
    if summary.outputs is None:
        raise JobStateConflict(f"job {job_id} has no outputs")
    return await gateway.outputs.facts(summary.outputs.pages)


def _headers(output: OutputFacts) -> dict[str, str]:
    return {"ETag": f'"{output.sha256}"', "Cache-Control": "private, no-cache"}
