"""`docr dead`: pages that were given up."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from docr.cli.app import DEAD_PAGES, EXIT_FAILED, EXIT_OK, JobId, app

dead = typer.Typer(
    help="Pages that were given up: look at them, read them again.", no_args_is_help=True
)
app.add_typer(dead, name="dead", rich_help_panel=DEAD_PAGES)

PageNumber = Annotated[
    int, typer.Argument(metavar="PAGE", min=1, help="Page number, from 1.", show_default=False)
]


@dead.command("list")
def dead_list(
    job_id: Annotated[
        str | None, typer.Argument(metavar="[JOB]", help="Of this job only.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a page.")] = False,
) -> None:
    """List the dead pages and why each was given up."""
    from docr.dead_commands import list_dead  # noqa: PLC0415

    asyncio.run(list_dead(job_id, as_json=as_json))


@dead.command("show")
def dead_show(
    job_id: JobId,
    page: PageNumber,
    save: Annotated[
        Path | None, typer.Option(help="Write the page's image to this file.", show_default=False)
    ] = None,
) -> None:
    """Show what is known of a dead page, and save its image."""
    from docr.dead_commands import show_dead  # noqa: PLC0415

    asyncio.run(show_dead(job_id, page - 1, save=save))


@dead.command("replay")
def dead_replay(
    job_id: JobId,
    page: Annotated[
        int | None, typer.Option(min=1, help="This page only.", show_default="all dead pages")
    ] = None,
    dpi: Annotated[
        int | None,
        typer.Option(help="Scale the kept image to this many dots per inch.", show_default=False),
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Read it in this language.", show_default=False)
    ] = None,
    wait: Annotated[bool, typer.Option(help="Wait for the new revision.")] = True,
) -> None:
    """Read dead pages again; the job gets a new revision of its outputs and summary.

    Exit code 0: every one was read; 1: some were given up again, or time ran out.
    """
    from docr.dead_commands import replay_dead  # noqa: PLC0415

    index = None if page is None else page - 1
    read = asyncio.run(replay_dead(job_id, index, dpi=dpi, language=language, wait=wait))
    raise typer.Exit(EXIT_OK if read else EXIT_FAILED)
