"""The services as they are built from the settings: the composition root.

Each is imported where it is built: what the others need, a process does not hold in memory, and
an installation for one service need not have.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from broker.apply_topology import apply_memory, apply_topology
from broker.check_topology import check_topology
from broker.connection import Broker
from broker.own_permissions import must_be_allowed
from broker.release import release
from broker.roles import AGGREGATOR, NODE, Role
from contracts.api_keys import ApiKeys
from contracts.errors import BrokerUnavailable
from contracts.sealed_password import PasswordSeal
from docr.broker_address import broker_address
from docr.broker_memory import restored_memory, told_of_memory
from docr.capacity import Capacity, renderers_per_document
from docr.default_options import default_options
from docr.patience import patiently
from docr.settings import Settings
from docr.site_topology import site_topology
from docr.store_room import StoreRoom
from faults.fail_points import arm
from guard.page_sized_blocks import keep_page_sized_blocks
from guard.rare_collection import collect_rarely

if TYPE_CHECKING:
    from docr.engines import Engines

log = structlog.get_logger(__name__)

Service = Callable[[asyncio.Event], Awaitable[None]]

# For so long a service tries each step of its start; then it ends, for its supervisor to start it
# again. Once it is at work it waits for the broker, however long that takes.
_SET_UP_S: Final = 20.0


def password_seal(settings: Settings) -> PasswordSeal | None:
    """What seals passwords; None without OCR_SECRET_KEY. Raises: InvalidOption."""
    return PasswordSeal.of(settings.ocr_secret_key.get_secret_value())


def ingest(
    broker: Broker,
    settings: Settings,
    *,
    folder: Path,
    parallel_documents: int = 4,
    keep_documents: bool | None = None,
) -> Service:
    """The ingest service; temporary files go to `folder`. `keep_documents`: other than the setting
    says."""
    from ingest.service import IngestService, IngestSettings  # noqa: PLC0415

    return IngestService(
        broker,
        IngestSettings(
            temp_dir=folder,
            defaults=default_options(settings),
            parallel_documents=parallel_documents,
            renderers_per_document=renderers_per_document(settings),
            max_pages=settings.max_pages_per_document,
            keep_documents=_or(keep_documents, settings.keep_documents),
            # Two renewals may be lost.
            renew_every_s=settings.submission_lease_seconds / 3,
            seal=password_seal(settings),
        ),
    ).run


def nodes(
    broker: Broker,
    settings: Settings,
    share: Capacity,
    *,
    door: bool = False,
    of: "Engines | None" = None,
) -> list[Service]:
    """The service that reads pages, with all engines of this machine. `door`: with the HTTP door
    that WORKER_PORT asks for. `of`: engines that load already.

    Raises: InvalidOption if OCR_ECHO_FAULTS or OCR_API_KEYS cannot be read.
    """
    from docr.node_parts import node_service  # noqa: PLC0415

    return [node_service(broker, settings, share, door=door, of=of).run]


def gateway(
    broker: Broker, settings: Settings, *, folder: Path, port: int | None = None
) -> Service:
    """The HTTP gateway; temporary files go to `folder`. Raises: InvalidOption if its keys, or the
    lack of them, will not do."""
    from ingest.gateway.parts import GatewaySettings  # noqa: PLC0415
    from ingest.gateway.server import GatewayService  # noqa: PLC0415

    return GatewayService(
        broker,
        GatewaySettings(
            host=settings.coordinator_host,
            port=port if port is not None else settings.coordinator_port,
            keys=ApiKeys.parse(
                settings.ocr_api_keys.get_secret_value(), off=settings.ocr_auth == "off"
            ),
            defaults=default_options(settings),
            version=release(),
            sync_timeout_s=settings.sync_timeout_seconds,
            max_upload_bytes=settings.max_upload_mb * 1_000_000,
            jobs_per_minute=settings.rate_jobs_per_minute,
            mb_per_minute=settings.rate_mb_per_minute,
            cors_origins=tuple(
                origin for each in settings.cors_origins.split(",") if (origin := each.strip())
            ),
            tls_cert_file=str(settings.tls_cert_file) if settings.tls_cert_file else None,
            tls_key_file=str(settings.tls_key_file) if settings.tls_key_file else None,
            idle_timeout_s=settings.idle_timeout_seconds,
            seal=password_seal(settings),
            temp_dir=folder,
        ),
    ).run


def aggregator(
    broker: Broker, settings: Settings, *, folder: Path, keep_documents: bool | None = None
) -> Service:
    """The aggregator service; as `ingest`."""
    from aggregator.service import AggregatorService  # noqa: PLC0415

    keep = _or(keep_documents, settings.keep_documents)
    return AggregatorService(
        broker, temp_dir=folder, keep_documents=keep, seal=password_seal(settings)
    ).run


def _or(given: bool | None, otherwise: bool) -> bool:
    return otherwise if given is None else given


@asynccontextmanager
async def connected(
    settings: Settings,
    *,
    name: str,
    role: Role | None = None,
    url: str | None = None,
    room: StoreRoom | None = None,
) -> AsyncIterator[Broker]:
    """A connection to the broker, with the topology applied, or checked for `role` if the settings
    say so; a node makes it only where something is missing. `url` and `room`: of an embedded broker
    and its store, which may take no more than the disk has.

    Raises: BrokerUnavailable, BrokerUnsuitable, StoreFull.
    """
    address = broker_address(settings, url)
    wanted = site_topology(settings, room)
    arm(settings.fail_points)
    # A server that has just started, or elects a leader, answers a moment later.
    async with await Broker.connect(
        address, name=f"{name} {os.getpid()}", wait_s=_SET_UP_S
    ) as broker:
        if role is not None:
            await patiently(lambda: must_be_allowed(broker, role), give_up_after_s=_SET_UP_S)
        makes = apply_topology
        if role is not None and settings.ocr_topology == "check":
            await patiently(lambda: check_topology(broker, role), give_up_after_s=_SET_UP_S)
            if role is not AGGREGATOR:
                async with told_of_memory(broker, wanted, role):
                    yield broker
                return
            # Of those that only check it may make what a broker has forgotten.
            makes = apply_memory
        # A thousand nodes start at once, and each would make all of it anew.
        if role is not NODE or not await _stands(broker, role):
            await patiently(lambda: makes(broker, wanted), give_up_after_s=_SET_UP_S)
        async with restored_memory(
            broker, wanted, after_others=role is NODE, give_up_after_s=_SET_UP_S
        ):
            yield broker


async def _stands(broker: Broker, role: Role) -> bool:
    try:
        await check_topology(broker, role)
    except BrokerUnavailable:
        return False
    return True


async def run_until_stopped(broker: Broker, services: list[Service], stop: asyncio.Event) -> None:
    """Runs services until `stop` is set, all have ended, or the broker is lost for good.

    Raises: what a service raised; BrokerUnavailable, for a supervisor to start the process again.
    """
    keep_page_sized_blocks()
    collect_rarely()
    async with asyncio.TaskGroup() as group:
        for service in services:
            group.create_task(_run(service, stop))
        watch = group.create_task(broker.lost.wait())
        halt = group.create_task(stop.wait())
        await asyncio.wait({watch, halt}, return_when=asyncio.FIRST_COMPLETED)
        watch.cancel()
        halt.cancel()
        if not stop.is_set():
            raise BrokerUnavailable(
                "the broker closed the connection for good; check its log, then start again"
            )


async def _run(service: Service, stop: asyncio.Event) -> None:
    await service(stop)


@asynccontextmanager
async def running(broker: Broker, services: list[Service]) -> AsyncIterator[None]:
    """Runs services beside the body, and ends them at once when the body ends: for a broker that
    ends with them. Raises: what a service raised, in an ExceptionGroup."""
    keep_page_sized_blocks()
    collect_rarely()
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_run(service, stop)) for service in services]
        try:
            yield
        finally:
            # Without a connection nobody waits for messages that might still come.
            with contextlib.suppress(BrokerUnavailable):
                await broker.close()
            for task in tasks:
                task.cancel()
