"""Options of how documents are read, the same for `docr run` and `docr submit`."""

from typing import Annotated

import typer

Mode = Annotated[
    str | None,
    typer.Option(
        help="auto: text that a page holds is taken, all else is read; ocr: every page is read; "
        "text: none is.",
        show_default="auto",
    ),
]
Quality = Annotated[
    str | None,
    typer.Option(
        help="fast, balanced or best: how often what is doubtful is read again.",
        show_default="balanced",
    ),
]
RunningHeads = Annotated[
    str | None,
    typer.Option(
        help="Page headers and footers in text and Markdown: keep or drop.", show_default="keep"
    ),
]
Password = Annotated[
    str | None,
    typer.Option(
        help="Opens encrypted PDFs and ZIPs; - asks for it.", show_default="OCR_PASSWORD, if set"
    ),
]
