"""`/web/jobs/{id}/again`: an ended document, as it is kept, read once more: a job of its own."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import JSONResponse

from broker.handing_in import Particulars
from broker.job_store import JobStore
from broker.once_kept import once_kept
from contracts.errors import InvalidOption, JobStateConflict
from contracts.ids import new_job_id
from contracts.job_options import JobOptions, Mode, Quality
from contracts.jobs import JobSummary
from contracts.option_headers import HEADER_SEALED_PASSWORD, OPTION_HEADERS
from ingest.gateway.job_routes import JobId
from ingest.gateway.keys import Authenticated, connected
from ingest.gateway.parts import Gateway
from ingest.gateway.web.page_pictures import KEPT_WITHIN_S
from tracing.work import trace_headers

router = APIRouter(
    prefix="/web/jobs/{job_id}", include_in_schema=False, dependencies=[Depends(connected)]
)


@router.post("/again")
async def again(  # noqa: PLR0917 - FastAPI passes them by name
    job_id: JobId,
    gateway: Gateway,
    principal: Authenticated,
    language: Annotated[str | None, Query(max_length=32)] = None,
    mode: Mode | None = None,
    quality: Quality | None = None,
) -> Response:
    """Hands it in again, under its name and in its tenant; what is not named is as it was, pages
    and formats too. The result of the first time stays.

    Raises: JobUnknown, JobStateConflict, ObjectMissing (the document is not kept), Refused, and as
    POST /jobs."""
    state = await gateway.job(job_id, principal)
    summary = await JobStore(gateway.broker).summary(job_id)
    if summary is None:
        raise JobStateConflict(f"job {job_id} is {state.state}; wait for its end")
    gateway.rates.admit(principal.name)
    kept = await once_kept(
        lambda: gateway.kept.opened(job_id), ended_at=summary.end_time, patience_s=KEPT_WITHIN_S
    )
    gateway.rates.spend(principal.name, kept.size)
    before = _options_of(summary, gateway.settings.defaults)
    wanted = {"language": language, "mode": mode, "quality": quality}
    named = {name: value for name, value in wanted.items() if value is not None}
    options = before.model_validate(before.model_dump() | named)
    sealed = kept.sealed_password
    told = Particulars(
        options=options,
        filename=summary.filename,
        headers={HEADER_SEALED_PASSWORD: sealed} if sealed is not None else {},
    )
    accepted = await gateway.hand_in.submit_late(
        kept.content, job_id=new_job_id(), particulars=lambda: told, headers=trace_headers()
    )
    return JSONResponse({"job_id": accepted.job_id}, 202)


def _options_of(summary: JobSummary, defaults: JobOptions) -> JobOptions:
    """With which it was handed in; what an older release has not kept is this gateway's default."""
    formats = tuple(summary.outputs.formats) if summary.outputs is not None else ()
    kept = {"tenant": summary.tenant, "language": summary.language}
    known = defaults.model_copy(update={"formats": formats, **kept})
    # A newer release may have options that are none here.
    headers = {name: text for name, text in summary.options.items() if name in OPTION_HEADERS}
    try:
        return JobOptions.from_headers(headers, defaults=known).model_copy(update=kept)
    except InvalidOption:
        return known
