"""`docr run`."""

import os
from pathlib import Path
from typing import Annotated

import typer

from docr.cli.app import EXIT_FAILED, EXIT_OK, EXIT_USAGE, MAIN_JOB, app
from docr.cli.formats import Formats
from docr.cli.reading_options import Mode, Password, Quality, RunningHeads
from docr.logs import configure_logging
from docr.stopping import Stopped, until_stopped
from docr.terminal import say


@app.command(rich_help_panel=MAIN_JOB)
def run(  # noqa: PLR0917 - typer takes them by name
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...",
            help="Documents (PDF, images, ZIPs of them), folders, or glob patterns.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path, typer.Option(help="Folder for NAME.txt, NAME.md and NAME.json; older ones go.")
    ] = Path("ocr-output"),
    language: Annotated[
        str | None,
        typer.Option(help="PaddleOCR's name of the language (OCR_LANGUAGE, en)."),
    ] = None,
    dpi: Annotated[
        int | None, typer.Option(help="Dots per inch at which PDFs are read (DEFAULT_DPI, 200).")
    ] = None,
    pages: Annotated[
        str | None, typer.Option(help="Pages to read, like 1-3,7 or 5-.", show_default="all")
    ] = None,
    formats: Formats = None,
    mode: Mode = None,
    quality: Quality = None,
    running_heads: RunningHeads = None,
    password: Password = None,
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
        formats=formats,
        nodes=nodes,
        engine=engine,
        as_json=as_json,
        mode=mode,
        quality=quality,
        running_heads=running_heads,
        password=password,
    )
    configure_logging(settings.log_level or "error")
    for problem in problems:
        say(problem)
    if not plan.documents:
        raise typer.Exit(EXIT_USAGE)
    with exporting("run", os.environ):
        try:
            well = until_stopped(lambda: run_documents(plan, settings))
        except Stopped as stopped:
            say("stopped; documents that were finished are in the output folder")
            raise typer.Exit(stopped.exit_code) from None
    raise typer.Exit(EXIT_OK if well and not problems else EXIT_FAILED)
