"""`/web/operation`: how the system does, for who runs it."""

from fastapi import APIRouter, Depends, Response
from fastapi.responses import JSONResponse

from ingest.gateway.keys import Authenticated, connected
from ingest.gateway.parts import Gateway

router = APIRouter(prefix="/web", include_in_schema=False, dependencies=[Depends(connected)])


@router.get("/operation")
async def operation(gateway: Gateway, principal: Authenticated) -> Response:
    """Counts of jobs that go on, and of what waits, now and over the last hour."""
    del principal  # as /metrics: numbers of all, names of nobody
    return JSONResponse(await gateway.history.told(), headers={"Cache-Control": "no-store"})
