"""How long work may take, how often it is tried, and what of the machine it may have."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import BaseSettings

from contracts.job_options import MAX_DEADLINE_S


class WorkSettings(BaseSettings):
    """How long work may take, how often it is tried, and what of the machine it may have."""

    max_retries: Annotated[
        int, Field(ge=1, le=100, description="attempts at a page, the first one included")
    ] = 3
    retry_delay_seconds: Annotated[
        float, Field(ge=0, le=3600, description="s before the second attempt; then doubling")
    ] = 2
    worker_request_timeout: Annotated[
        float, Field(ge=1, le=86_400, description="s for one page")
    ] = 120
    page_lease_seconds: Annotated[
        float,
        Field(ge=1, le=3600, description="s after which the page of a silent node goes to another"),
    ] = 30
    submission_lease_seconds: Annotated[
        float,
        Field(ge=1, le=3600, description="s until a silent ingest's document goes to another"),
    ] = 60
    stop_grace_seconds: Annotated[
        float,
        Field(ge=0, le=86_400, description="s that a stopped node may take to finish its page"),
    ] = 20
    job_deadline_seconds: Annotated[
        float,
        Field(ge=1, le=MAX_DEADLINE_S, description="s after which a job ends without what is left"),
    ] = 86_400
    pages_queued_per_job: Annotated[
        int,
        Field(ge=1, le=100_000, description="pages of one job in the queue; twice all engines"),
    ] = 96
    max_ram_gb: Annotated[
        float, Field(ge=1, le=100_000, description="GB that this machine's engines may take")
    ] = 22
    max_cpu_cores: Annotated[
        int, Field(ge=1, le=4096, description="cores that this machine's engines may use")
    ] = 12
    temp_dir: Annotated[Path, Field(description="folder for temporary files")] = Path(
        "/dev/shm/ocr_temp"  # noqa: S108 - a private folder is made in it
    )
    alive_file: Annotated[
        Path | None,
        Field(
            description="file that is touched every 10 s while a service's loop runs and the "
            "broker answers, for health checks of containers; empty: none"
        ),
    ] = None
    fail_points: Annotated[
        str, Field(description="for fault tests: where processes end themselves; see faults/")
    ] = ""
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"] | None,
        Field(description="debug, info, warning or error; default info, for docr run error"),
    ] = None
