"""`docr gateway`, `docr ingest`, `docr node`, `docr aggregator`: one service against NATS_URL."""

import asyncio
import os
from typing import Literal, assert_never

import structlog

from broker.connection import without_password
from broker.roles import BY_NAME
from docr import services
from docr.capacity import capacity
from docr.event_loop import run_on_quick_loop
from docr.logs import configure_logging
from docr.node_languages import have_models
from docr.scratch import scratch_folder
from docr.settings import Settings, load_settings
from docr.stopping import set_by_signals
from docr.supervision import supervised
from tracing.exporting import exporting

log = structlog.get_logger(__name__)

ServiceName = Literal["gateway", "ingest", "node", "aggregator"]


def run_service(name: ServiceName) -> None:
    """Runs until SIGTERM or SIGINT; what is in its hands is finished, or handed back.

    Raises: OcrError, perhaps in an ExceptionGroup, when it cannot go on.
    """
    settings = load_settings()
    configure_logging(settings.log_level or "info")
    with exporting(name, os.environ):
        run_on_quick_loop(_serve(name, settings))


async def _serve(name: ServiceName, settings: Settings) -> None:
    stop, at_work = set_by_signals(), asyncio.Event()
    serving = asyncio.create_task(_work(name, settings, stop, at_work))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    # A start waits for a broker or for models longer than a supervisor waits for an end.
    ends_early = stop.is_set() and not at_work.is_set() and serving.cancel()
    try:
        await serving
    except asyncio.CancelledError:
        if not ends_early:
            raise
    log.info("service stopped", service=name)


async def _work(
    name: ServiceName, settings: Settings, stop: asyncio.Event, at_work: asyncio.Event
) -> None:
    """Sets `at_work` when it heeds `stop` itself."""
    if name == "node":
        await have_models(settings)
    async with services.connected(settings, name=f"docr {name}", role=BY_NAME[name]) as broker:
        with scratch_folder(settings.temp_dir, setting="TEMP_DIR") as folder:
            match name:
                case "gateway":
                    work = [services.gateway(broker, settings, folder=folder)]
                case "ingest":
                    work = [services.ingest(broker, settings, folder=folder)]
                case "node":
                    share = capacity(settings, nodes=None)
                    work = services.nodes(broker, settings, share, door=True)
                case "aggregator":
                    work = [services.aggregator(broker, settings, folder=folder)]
                case _:
                    assert_never(name)
            log.info("service started", service=name, broker=without_password(settings.nats_url))
            async with supervised(
                broker.answers, environment=os.environ, alive_file=settings.alive_file
            ):
                at_work.set()
                await services.run_until_stopped(broker, work, stop)
