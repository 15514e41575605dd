"""Option --format, and its completion in a shell."""

from typing import Annotated, Final

import typer

# Written out, so that --help and completion need no import of the contracts; a test compares.
NAMES: Final = ("text", "markdown", "json", "jsonl", "pdf", "hocr", "alto", "tsv", "page")


def complete(incomplete: str) -> list[str]:
    """Names that may stand here, behind those before a comma."""
    before, comma, last = incomplete.rpartition(",")
    taken = set(before.split(","))
    return [
        f"{before}{comma}{name}" for name in NAMES if name.startswith(last) and name not in taken
    ]


Formats = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        metavar="NAMES",
        autocompletion=complete,
        help=f"Further outputs, with commas or repeated: {', '.join(NAMES[3:])}.",
        show_default=False,
    ),
]
