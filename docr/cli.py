"""The command line: `docr`."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from contracts.errors import InvalidOption
from docr.logs import configure_logging
from docr.stopping import Stopped, until_stopped
from docr.terminal import StdoutLost, say

EXIT_OK: Final = 0
EXIT_FAILED: Final = 1  # some page or document failed, or the system could not work
EXIT_USAGE: Final = 2

app = typer.Typer(
    name="docr",
    help="OCR for thousands of scanned pages on a few CPU-only machines. Settings come from the "
    "environment (see README.md); options of a command override them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


dead = typer.Typer(help="Pages that were given up: look at them, read them again.")
app.add_typer(dead, name="dead")

JobId = Annotated[str, typer.Argument(metavar="JOB", help="The job's id.", show_default=False)]
PageNumber = Annotated[
    int, typer.Argument(metavar="PAGE", min=1, help="Page number, from 1.", show_default=False)
]


@app.command()
def run(  # noqa: PLR0917 - typer takes them by name
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...",
            help="Documents (PDF, PNG, JPEG, TIFF, WebP, BMP, GIF), folders, or glob patterns.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path, typer.Option(help="Folder for NAME.txt, NAME.md and NAME.json; older ones go.")
    ] = Path("ocr-output"),
    language: Annotated[
        str | None, typer.Option(help="Language of the documents (OCR_LANGUAGE, en).")
    ] = None,
    dpi: Annotated[
        int | None, typer.Option(help="Dots per inch at which PDFs are read (DEFAULT_DPI, 200).")
    ] = None,
    pages: Annotated[
        str | None, typer.Option(help="Pages to read, like 1-3,7 or 5-.", show_default="all")
    ] = None,
    nodes: Annotated[
        int | None,
        typer.Option(min=1, max=256, help="Engines to start; default: one a core that fits."),
    ] = None,
    engine: Annotated[
        str | None, typer.Option(help="onnxruntime, paddle or echo (OCR_ENGINE, onnxruntime).")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON summary a document, nothing else.")
    ] = False,
) -> None:
    """Read documents on this machine alone: starts a broker, ingest, nodes and an aggregator.

    Exit code 0: all was read; 1: some page or document failed; 2: wrong usage.
    """
    # Imports of the whole system wait until a command needs them: --help stays quick.
    from docr.run import run_documents  # noqa: PLC0415
    from docr.run_command import prepare_run  # noqa: PLC0415
    from tracing.exporting import exporting  # noqa: PLC0415

    plan, settings, problems = prepare_run(
        paths=paths,
        out=out,
        language=language,
        dpi=dpi,
        pages=pages,
        nodes=nodes,
        engine=engine,
        as_json=as_json,
    )
    configure_logging(settings.log_level or "error")
    for problem in problems:
        say(problem)
    if not plan.documents:
        raise typer.Exit(EXIT_USAGE)
    with exporting("run", os.environ):
        well = until_stopped(lambda: run_documents(plan, settings))
    raise typer.Exit(EXIT_OK if well and not problems else EXIT_FAILED)


def _service(name: Literal["gateway", "ingest", "node", "aggregator"]) -> None:
    from docr.service_command import run_service  # noqa: PLC0415

    run_service(name)


@app.command()
def gateway() -> None:
    """Answer HTTP on COORDINATOR_HOST:COORDINATOR_PORT, against NATS_URL."""
    _service("gateway")


@app.command()
def ingest() -> None:
    """Take in submitted documents and put their pages into the queue, against NATS_URL."""
    _service("ingest")


@app.command()
def node() -> None:
    """Read pages from the queue with this machine's cores, against NATS_URL."""
    _service("node")


@app.command()
def aggregator() -> None:
    """Collect results and end jobs, against NATS_URL."""
    _service("aggregator")


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


@app.command()
def cancel(job_id: JobId) -> None:
    """End a running job with what has been read of it so far."""
    from docr.job_commands import cancel_job  # noqa: PLC0415

    say(asyncio.run(cancel_job(job_id)))


@app.command()
def delete(job_id: JobId) -> None:
    """Remove all that is kept of an ended job: outputs, dead pages, summary."""
    from docr.job_commands import delete_job  # noqa: PLC0415

    say(asyncio.run(delete_job(job_id)))


def main() -> None:
    """What `docr.entry` calls: no traceback ever reaches a user."""
    # Until the settings are known. An error of theirs can be looked into as well.
    configure_logging("debug" if os.environ.get("LOG_LEVEL") == "debug" else "error")
    try:
        app()
    except InvalidOption as wrong:
        say(str(wrong))
        sys.exit(EXIT_USAGE)
    except Stopped as stopped:
        say("stopped; documents that were finished are in the output folder")
        sys.exit(stopped.exit_code)
    except StdoutLost as lost:
        if lost.is_worth_telling:
            say(str(lost))
        sys.exit(EXIT_FAILED)
    except Exception as wrong:
        from docr.sentences import sentences  # noqa: PLC0415

        for sentence in sentences(wrong):
            say(sentence)
        sys.exit(EXIT_FAILED)
