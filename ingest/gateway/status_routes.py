"""Whether the system works: liveness, readiness, the fleet."""

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel

from contracts.errors import BrokerUnavailable
from contracts.fleet import FleetStatus
from ingest.gateway.keys import Authenticated
from ingest.gateway.parts import Gateway
from ingest.gateway.problems import problem, problems

router = APIRouter(tags=["status"])


class Health(BaseModel):
    """The gateway itself."""

    status: Literal["healthy"] = "healthy"
    version: str


class Ready(BaseModel):
    """The gateway and what it needs."""

    status: Literal["ready"] = "ready"


@router.get("/health")
async def health(gateway: Gateway) -> Health:
    """Liveness: the gateway answers."""
    return Health(version=gateway.settings.version)


@router.get("/ready", response_model=Ready, responses=problems(503))
async def ready(gateway: Gateway) -> Any:
    """Readiness: the broker answers and has the streams that documents go through."""
    try:
        await gateway.readiness.check()
    except BrokerUnavailable as away:
        return problem(503, str(away))
    return Ready()


@router.get("/workers/status", responses=problems(401, 503))
async def workers(gateway: Gateway, principal: Authenticated) -> FleetStatus:
    """Every node that told of itself in the last hour: its health, engine, languages, current
    pages (not for a tenant's key) and speed. One that is silent for 15 s is lost."""
    status = await gateway.fleet.status()
    if principal.tenant is None:
        return status
    # Whose pages are read is not everybody's affair.
    workers = tuple(each.model_copy(update={"current_pages": ()}) for each in status.workers)
    return status.model_copy(update={"workers": workers})
