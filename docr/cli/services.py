"""`docr gateway`, `docr ingest`, `docr node`, `docr aggregator`: the services."""

from typing import Literal

from docr.cli.app import SERVICES, app


def _service(name: Literal["gateway", "ingest", "node", "aggregator"]) -> None:
    from docr.service_command import run_service  # noqa: PLC0415

    run_service(name)


@app.command(rich_help_panel=SERVICES)
def gateway() -> None:
    """Answer HTTP on COORDINATOR_HOST:COORDINATOR_PORT, against NATS_URL."""
    _service("gateway")


@app.command(rich_help_panel=SERVICES)
def ingest() -> None:
    """Take in submitted documents and put their pages into the queue, against NATS_URL."""
    _service("ingest")


@app.command(rich_help_panel=SERVICES)
def node() -> None:
    """Read pages from the queue with this machine's cores, against NATS_URL."""
    _service("node")


@app.command(rich_help_panel=SERVICES)
def aggregator() -> None:
    """Collect results and end jobs, against NATS_URL."""
    _service("aggregator")
