"""`docr gateway`, `docr ingest`, `docr node`, `docr aggregator`: one service against NATS_URL."""

import asyncio
import os
from typing import Literal, assert_never

import structlog

from broker.connection import without_password
from broker.roles import BY_NAME
from docr import services
from docr.capacity import capacity
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
        asyncio.run(_serve(name, settings))


async def _serve(name: ServiceName, settings: Settings) -> None:
    stop = set_by_signals()
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
                await services.run_until_stopped(broker, work, stop)
    log.info("service stopped", service=name)
