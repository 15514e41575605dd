"""What the groups of commands share: the application, exit codes, panels of the help."""

from typing import Annotated, Final

import typer

EXIT_OK: Final = 0
EXIT_FAILED: Final = 1  # some page or document failed, or the system could not work
EXIT_USAGE: Final = 2

MAIN_JOB: Final = "The main job"
CLIENT: Final = "Client of a running system (--url, OCR_URL or NATS_URL)"
SERVICES: Final = "Services"
DEAD_PAGES: Final = "Dead pages"
OPERATIONS: Final = "Operations"
MEASUREMENTS: Final = "Measurements"

app = typer.Typer(
    name="docr",
    help="OCR for thousands of scanned pages on a few CPU-only machines. Settings come from the "
    "environment (see README.md); options of a command override them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _print_release(wanted: bool) -> None:
    if wanted:
        from broker.release import release  # noqa: PLC0415

        typer.echo(f"docr {release()}")
        raise typer.Exit


@app.callback()
def docr(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_release, is_eager=True, help="Print the release, and end."
        ),
    ] = False,
) -> None:
    """See `app`'s help."""


JobId = Annotated[str, typer.Argument(metavar="JOB", help="The job's id.", show_default=False)]
