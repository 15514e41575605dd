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
MEASUREMENTS: Final = "Measurements"

app = typer.Typer(
    name="docr",
    help="OCR for thousands of scanned pages on a few CPU-only machines. Settings come from the "
    "environment (see README.md); options of a command override them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

JobId = Annotated[str, typer.Argument(metavar="JOB", help="The job's id.", show_default=False)]
