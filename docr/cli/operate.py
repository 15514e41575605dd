"""`docr doctor` and `docr top`: what operators ask of a system."""

import asyncio
from typing import Annotated

import typer

from docr.cli.app import EXIT_FAILED, EXIT_OK, OPERATIONS, app


@app.command(rich_help_panel=OPERATIONS)
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    show_settings: Annotated[
        bool, typer.Option("--settings", help="Print all settings as well, secrets as stars.")
    ] = False,
) -> None:
    """Check this machine and the system at NATS_URL, and say what to do.

    Release, memory, folders, models; broker, topology, clock, store, nodes, work that nobody asks
    for, dead pages. Exit code 1 if there is a problem.
    """
    from docr.doctor.command import examine  # noqa: PLC0415
    from docr.settings import load_settings  # noqa: PLC0415

    well = asyncio.run(examine(load_settings(), as_json=as_json, show_settings=show_settings))
    raise typer.Exit(EXIT_OK if well else EXIT_FAILED)


@app.command(rich_help_panel=OPERATIONS)
def top(
    once: Annotated[bool, typer.Option("--once", help="Print one frame, and end.")] = False,
) -> None:
    """Show queues, nodes and jobs of the system at NATS_URL as they are, every second.

    q or Ctrl-C ends it. One frame if stdout is no terminal.
    """
    from docr.settings import load_settings  # noqa: PLC0415
    from docr.top.command import top as show  # noqa: PLC0415

    raise typer.Exit(show(load_settings(), once=once))
