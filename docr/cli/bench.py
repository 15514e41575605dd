"""`docr bench`: reproducible measurements."""

import typer

from docr.cli.app import MEASUREMENTS, app

bench_app = typer.Typer(
    help="Measure what reading costs on this machine, and what it brings.", no_args_is_help=True
)
app.add_typer(bench_app, name="bench", rich_help_panel=MEASUREMENTS)


@bench_app.callback()
def bench() -> None:
    """Measure what reading costs on this machine, and what it brings."""
