"""`docr doctor`, `docr top`, `docr setup`, `docr credentials`: what operators do."""

import asyncio
from pathlib import Path
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

    Release, memory, folders, models; broker, its copies, topology, clock, store, nodes, work that
    nobody asks for, dead pages. Exit code 1 if there is a problem.
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


@app.command(rich_help_panel=OPERATIONS)
def setup() -> None:
    """Make streams, consumers and buckets at NATS_URL as the settings say.

    For services with OCR_TOPOLOGY=check, before their first start and after an upgrade; needs the
    broker's operator as NATS_CREDS, and the same settings as the services.
    """
    from docr.settings import load_settings  # noqa: PLC0415
    from docr.setup_command import set_up  # noqa: PLC0415

    asyncio.run(set_up(load_settings()))


@app.command(rich_help_panel=OPERATIONS)
def credentials(
    out: Annotated[Path, typer.Option(help="Folder of the seeds (NAME.nk), and of users.conf.")],
    tenant: Annotated[
        list[str] | None,
        typer.Option(help="A reader too, of this tenant's endings. May be repeated."),
    ] = None,
    rotate: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A new key for this user, or all. May be repeated."),
    ] = None,
    retire: Annotated[
        bool, typer.Option("--retire", help="Keys before the newest count no more.")
    ] = False,
) -> None:
    """Make keys for the users of a broker, by role; what is there is left as it is.

    NATS_CREDS of each service is the seed of its role; users.conf is for the broker to include.
    """
    from docr.credentials_command import make_credentials  # noqa: PLC0415

    make_credentials(out, tenants=tenant or [], rotate=rotate or [], retire=retire)
