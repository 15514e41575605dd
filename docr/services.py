"""The three services as they are built from the settings: the composition root."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import structlog

from aggregator.service import AggregatorService
from broker.apply_topology import apply_memory, apply_topology
from broker.connection import Broker, BrokerAddress
from contracts.errors import BrokerUnavailable, OcrError
from contracts.job_options import JobOptions
from contracts.topology import DAY_S, Topology, TopologySettings, topology
from docr.capacity import Capacity
from docr.patience import patiently
from docr.settings import Settings
from docr.store_room import StoreRoom
from faults.fail_points import arm
from ingest.service import IngestService, IngestSettings
from ocr_node.disposition import RetryPolicy
from ocr_node.engines import EngineSettings
from ocr_node.engines.echo import parse_faults
from ocr_node.reader import Limits, Reader
from ocr_node.worker import Node, NodeSettings

log = structlog.get_logger(__name__)

Service = Callable[[asyncio.Event], Awaitable[None]]

_GB: Final = 2**30
_SET_UP_S: Final = 20.0


def default_options(settings: Settings) -> JobOptions:
    """What a document is read with that names nothing else."""
    return JobOptions(
        language=settings.ocr_language,
        dpi=settings.default_dpi,
        deadline_s=settings.job_deadline_seconds,
    )


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
            max_pages=settings.max_pages_per_document,
            # Two renewals may be lost.
            renew_every_s=settings.submission_lease_seconds / 3,
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
                stop_grace_s=settings.stop_grace_seconds,
            ),
        ).run
        for name in names
    ]


def aggregator(broker: Broker, *, folder: Path) -> Service:
    """The aggregator service; temporary files go to `folder`."""
    return AggregatorService(broker, temp_dir=folder).run


@asynccontextmanager
async def connected(
    settings: Settings, *, name: str, url: str | None = None, room: StoreRoom | None = None
) -> AsyncIterator[Broker]:
    """A connection to the broker, with the topology applied. `url` and `room`: of an embedded
    broker and its store, which may take no more than the disk has.

    Raises: BrokerUnavailable, BrokerUnsuitable, StoreFull.
    """
    address = BrokerAddress(url=url or settings.nats_url, credentials=settings.nats_creds)
    store_bytes = room.bytes if room is not None else int(settings.store_gb * _GB)
    wanted = topology(
        TopologySettings(
            store_bytes=store_bytes,
            replicas=settings.nats_replicas if room is None else 1,
            max_retries=settings.max_retries,
            page_ack_wait_s=settings.page_lease_seconds,
            submit_ack_wait_s=settings.submission_lease_seconds,
            max_pages_per_job_queued=settings.pages_queued_per_job,
            uploads_kept_s=settings.keep_uploads_days * DAY_S,
            outputs_kept_s=settings.keep_outputs_days * DAY_S,
            dead_pages_kept_s=settings.keep_dead_pages_days * DAY_S,
            summaries_kept_s=settings.keep_summaries_days * DAY_S,
        )
    )
    arm(settings.fail_points)
    async with await Broker.connect(address, name=f"{name} {os.getpid()}") as broker:
        # A server that has just started, or elects a leader, answers a moment later.
        await patiently(lambda: apply_topology(broker, wanted), give_up_after_s=_SET_UP_S)
        restorer = asyncio.create_task(_restore_memory(broker, wanted))
        try:
            yield broker
        finally:
            restorer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await restorer


async def _restore_memory(broker: Broker, wanted: Topology) -> None:
    """Makes anew what a broker that was started again has forgotten."""
    while True:
        await broker.back.wait()
        broker.back.clear()
        try:
            await patiently(lambda: apply_memory(broker, wanted), give_up_after_s=_SET_UP_S)
        except OcrError as wrong:
            # Progress is not told until the next time; jobs end all the same.
            log.warning("progress cannot be stored", reason=str(wrong))


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
