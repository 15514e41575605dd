"""What the routes of a gateway work with."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, cast

from fastapi import Depends, Request
from structlog.contextvars import bind_contextvars

from broker.connection import Broker
from broker.fleet import Fleet
from broker.handing_in import HandIn
from broker.job_catalogue import JobCatalogue
from broker.job_control import JobControl
from broker.kept_documents import KeptDocuments
from broker.made_formats import MadeFormats
from broker.output_reader import OutputReader
from broker.readiness import Readiness
from contracts.api_keys import ApiKeys
from contracts.errors import JobUnknown
from contracts.job_options import JobOptions
from contracts.job_state import JobState
from contracts.sealed_password import PasswordSeal
from ingest.gateway.following import Following
from ingest.gateway.hub import Hub
from ingest.gateway.keys import Principal
from ingest.gateway.metrics.metrics import Metrics
from ingest.gateway.metrics.system import SystemWatch
from ingest.gateway.rates import Rates
from ingest.gateway.web.page_pictures import PagePictures
from ingest.gateway.web.page_places import PagePlaces
from ingest.gateway.web.queue_history import QueueHistory


@dataclass(frozen=True, kw_only=True)
class GatewaySettings:
    """How a gateway works. `defaults`: options of documents that name none."""

    host: str
    port: int
    keys: ApiKeys
    defaults: JobOptions
    version: str
    sync_timeout_s: float = 300.0
    max_upload_bytes: int = 1024 * 1_000_000
    jobs_per_minute: int = 600
    mb_per_minute: int = 6000
    cors_origins: tuple[str, ...] = ()
    tls_cert_file: str | None = None
    tls_key_file: str | None = None
    idle_timeout_s: float = 30.0
    seal: PasswordSeal | None = None  # without one, documents with passwords are refused
    temp_dir: Path | None = None  # for documents whose pages are shown; None: none are


class Parts:
    """One broker connection, spoken to in domain terms."""

    def __init__(self, broker: Broker, settings: GatewaySettings) -> None:
        self.broker = broker
        self.settings = settings
        self.hub = Hub(broker)
        self.following = Following(broker, hub=self.hub)
        self.hand_in = HandIn(broker)
        self.catalogue = JobCatalogue(broker)
        self.control = JobControl(broker)
        self.outputs = OutputReader(broker)
        self.kept = KeptDocuments(broker)
        self.page_places = PagePlaces(self.outputs)
        self.pictures = PagePictures(
            self.kept,
            folder=settings.temp_dir,
            dpi=settings.defaults.dpi,
            seal=settings.seal,
        )
        self.formats = MadeFormats(broker)
        self.fleet = Fleet(broker)
        self.readiness = Readiness(broker)
        self.watch = SystemWatch(broker)
        self.metrics = Metrics(broker, hub=self.hub, watch=self.watch)
        self.history = QueueHistory(self.watch)
        self.rates = Rates(
            jobs_per_minute=settings.jobs_per_minute,
            mb_per_minute=settings.mb_per_minute,
            clock=time.monotonic,
        )

    async def job(self, job_id: str, principal: Principal) -> JobState:
        """A job that the one who asks may see. Raises: JobUnknown, also for others' jobs."""
        bind_contextvars(job_id=job_id)
        state = await self.catalogue.state(job_id)
        if not principal.may_see(state.tenant):
            raise JobUnknown(
                f"there is no job {job_id}; it was never accepted, was deleted, or has expired"
            )
        return state


def _parts(request: Request) -> Parts:
    return cast(Parts, request.app.state.parts)


Gateway = Annotated[Parts, Depends(_parts)]
