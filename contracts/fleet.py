"""What nodes tell of themselves, and the fleet as users see it."""

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from contracts.jobs import UtcTime

# How often a node tells that it lives, and after how long a silence it counts as lost.
HEARTBEAT_S: Final = 5.0
LOST_AFTER_S: Final = 15.0

NodeStatus = Literal["healthy", "starting", "stopping", "lost"]


class NodeHealth(BaseModel):
    """How a node is."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    status: NodeStatus
    worker_name: str
    cpu_percent: float  # of one core, all its processes together
    memory_percent: float  # of the machine's memory
    memory_mb: float  # of all its processes, 1 MB = 1024 * 1024 bytes
    uptime_seconds: float
    total_requests: int  # pages that it took, through the queue and its own door


class CurrentPage(BaseModel):
    """A page that is being read."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    job_id: str
    page_number: int
    since: UtcTime


class NodeReport(BaseModel):
    """A heartbeat: a node process and its engines. `instance` tells two of one name apart."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    instance: str
    host: str
    port: int  # of its own HTTP door; 0: none
    version: str
    engine: str
    engines: int  # how many of them read at the same time
    languages: tuple[str, ...]
    health: NodeHealth
    current_pages: tuple[CurrentPage, ...] = ()
    pages: int = 0  # read since it started
    errors: int = 0  # attempts that failed
    pages_per_second: float = 0.0  # over the last minute
    core_seconds_per_page: float = 0.0  # since it started; 0 before the first page
    sent_at: UtcTime


class WorkerStatus(NodeReport):
    """A node as the fleet shows it. `status`: lost after 15 s of silence."""

    status: NodeStatus
    seconds_since_heartbeat: float


class FleetStatus(BaseModel):
    """All nodes that told of themselves in the last hour and have not stopped."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    total_workers: int
    healthy_workers: int
    workers: tuple[WorkerStatus, ...]


def fleet_status(reports: list[tuple[NodeReport, float]]) -> FleetStatus:
    """The fleet from heartbeats and their ages in s, by name."""
    workers = []
    for report, age_s in sorted(reports, key=lambda each: (each[0].name, each[0].instance)):
        status: NodeStatus = "lost" if age_s > LOST_AFTER_S else report.health.status
        workers.append(
            WorkerStatus(
                **{
                    **report.model_dump(),
                    "health": {**report.health.model_dump(), "status": status},
                },
                status=status,
                seconds_since_heartbeat=round(max(age_s, 0.0), 1),
            )
        )
    return FleetStatus(
        total_workers=len(workers),
        healthy_workers=sum(each.status == "healthy" for each in workers),
        workers=tuple(workers),
    )
