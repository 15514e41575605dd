"""`docr up`: all services here; `docr gateway`, `ingest`, `node`, `aggregator`: one of them."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from docr.cli.app import SERVICES, app


def _service(name: Literal["gateway", "ingest", "node", "aggregator"]) -> None:
    from docr.service_command import run_service  # noqa: PLC0415

    run_service(name)


@app.command(rich_help_panel=SERVICES)
def up(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Of the gateway (COORDINATOR_PORT, 8000).")
    ] = None,
    nats_port: Annotated[
        int, typer.Option(min=1, max=65535, help="Of the broker, on loopback.")
    ] = 4222,
    nodes: Annotated[
        int | None,
        typer.Option(min=1, max=256, help="Engines to start; default: one a core that fits."),
    ] = None,
    data_dir: Annotated[
        Path, typer.Option(help="Where jobs are kept from one start to the next.")
    ] = Path("~/.local/share/distributed-ocr"),
) -> None:
    """Run the whole system on this machine, in the foreground: broker, gateway, ingest, nodes,
    aggregator. What is unfinished when it stops goes on at the next start."""
    from docr.up import up_command  # noqa: PLC0415

    up_command(port=port, nats_port=nats_port, nodes=nodes, data_dir=data_dir)


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
