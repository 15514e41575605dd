"""The three services as they are built from the settings: the composition root."""

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from aggregator.service import AggregatorService
from broker.apply_topology import apply_topology
from broker.connection import Broker, BrokerAddress
from contracts.errors import BrokerUnavailable
from contracts.job_options import JobOptions
from contracts.topology import TopologySettings, topology
from docr.capacity import Capacity
from docr.settings import Settings
from ingest.service import IngestService, IngestSettings
from ocr_node.disposition import RetryPolicy
from ocr_node.engines import EngineSettings
from ocr_node.engines.echo import parse_faults
from ocr_node.reader import Limits, Reader
from ocr_node.worker import Node, NodeSettings

Service = Callable[[asyncio.Event], Awaitable[None]]

_GB: Final = 2**30
# Of the disk's free space, for an embedded broker that may not fill the disk.
_DISK_SHARE: Final = 0.8


def default_options(settings: Settings) -> JobOptions:
    """What a document is read with that names nothing else."""
    return JobOptions(language=settings.ocr_language, dpi=settings.default_dpi)


def ingest(
    broker: Broker, settings: Settings, *, folder: Path, parallel_documents: int = 4
) -> Service:
    """The ingest service; temporary files go to `folder`."""
    return IngestService(
        broker,
        IngestSettings(
            temp_dir=folder,
            defaults=default_options(settings),
            parallel_documents=parallel_documents,
        ),
    ).run


def nodes(broker: Broker, settings: Settings, share: Capacity) -> list[Service]:
    """A service for each engine. Raises: InvalidOption if OCR_ECHO_FAULTS cannot be read."""
    parse_faults(settings.ocr_echo_faults)
    engine = EngineSettings(
        name=settings.ocr_engine,
        model_dir=settings.ocr_model_dir,
        cpu_threads=share.threads_per_node,
        enable_mkldnn=settings.enable_mkldnn,
        cache_dir=settings.ocr_cache_dir,
        echo_delay_ms=settings.ocr_echo_delay_ms,
        echo_faults=settings.ocr_echo_faults,
    )
    limits = Limits(
        page_timeout_s=settings.worker_request_timeout,
        memory_limit_bytes=share.memory_limit_bytes,
    )
    retry = RetryPolicy(
        max_attempts=settings.max_retries, first_delay_s=settings.retry_delay_seconds
    )
    names = [f"{settings.worker_name}-{number}" for number in range(1, share.nodes + 1)]
    return [
        Node(
            broker,
            reader=Reader(worker=name, engine=engine, limits=limits),
            settings=NodeSettings(
                name=name,
                page_timeout_s=settings.worker_request_timeout,
                retry=retry,
                # Two renewals may be lost.
                renew_every_s=settings.page_lease_seconds / 3,
            ),
        ).run
        for name in names
    ]


def aggregator(broker: Broker, *, folder: Path) -> Service:
    """The aggregator service; temporary files go to `folder`."""
    return AggregatorService(broker, temp_dir=folder).run


@asynccontextmanager
async def connected(
    settings: Settings, *, name: str, url: str | None = None, store: Path | None = None
) -> AsyncIterator[Broker]:
    """A connection to the broker, with the topology applied. `url` and `store`: of an embedded
    broker and its folder, where it may take no more than the disk has.

    Raises: BrokerUnavailable, BrokerUnsuitable, StoreFull.
    """
    address = BrokerAddress(url=url or settings.nats_url, credentials=settings.nats_creds)
    store_bytes = int(settings.store_gb * _GB)
    if store is not None:
        store_bytes = min(store_bytes, int(shutil.disk_usage(store).free * _DISK_SHARE))
    async with await Broker.connect(address, name=f"{name} {os.getpid()}") as broker:
        await apply_topology(
            broker,
            topology(
                TopologySettings(
                    store_bytes=store_bytes,
                    replicas=settings.nats_replicas if store is None else 1,
                    max_retries=settings.max_retries,
                    page_ack_wait_s=settings.page_lease_seconds,
                )
            ),
        )
        yield broker


async def run_until_stopped(broker: Broker, services: list[Service], stop: asyncio.Event) -> None:
    """Runs services until `stop` is set, all have ended, or the broker is lost for good.

    Raises: what a service raised; BrokerUnavailable, for a supervisor to start the process again.
    """
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
