"""The command line: `docr`."""

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import structlog
import typer

from contracts.errors import InvalidOption, OcrError

EXIT_OK: Final = 0
EXIT_FAILED: Final = 1  # some page or document failed, or the system could not work
EXIT_USAGE: Final = 2

log = structlog.get_logger(__name__)
app = typer.Typer(
    name="docr",
    help="OCR for thousands of scanned pages on a few CPU-only machines. Settings come from the "
    "environment (see README.md); options of a command override them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class Stopped(Exception):
    """A signal asked the command to end."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__(number.name)
        self.exit_code = 128 + number


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
    from docr.logs import configure_logging  # noqa: PLC0415
    from docr.run import run_documents  # noqa: PLC0415
    from docr.run_command import prepare_run  # noqa: PLC0415

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
    well = _until_stopped(lambda: run_documents(plan, settings))
    raise typer.Exit(EXIT_OK if well and not problems else EXIT_FAILED)


def _service(name: Literal["ingest", "node", "aggregator"]) -> None:
    from docr.service_command import run_service  # noqa: PLC0415

    run_service(name)


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


def say(sentence: str) -> None:
    """Tells the user something on stderr."""
    sys.stderr.write(f"docr: {sentence}\n")


def _until_stopped[T](work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Runs `work`; a signal cancels it, and it cleans up. Raises: Stopped then."""

    async def main() -> T:
        task = asyncio.ensure_future(work())
        received: list[signal.Signals] = []

        def stop(number: signal.Signals) -> None:
            # The second Ctrl-C of an impatient user must not interrupt the cleaning up.
            if not received:
                received.append(number)
                task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, stop, number)
        try:
            return await task
        except asyncio.CancelledError:
            if received:
                raise Stopped(received[0]) from None
            raise

    return asyncio.run(main())


def _sentences(wrong: BaseException) -> list[str] | None:
    """What went wrong in our words; None if something else is in it."""
    if isinstance(wrong, OcrError):
        return [str(wrong)]
    if isinstance(wrong, BaseExceptionGroup):
        found = [_sentences(each) for each in wrong.exceptions]
        if all(each is not None for each in found):
            return [sentence for each in found if each for sentence in each]
    return None


def main() -> None:
    """The entry point: no traceback ever reaches a user."""
    try:
        app()
    except InvalidOption as wrong:
        say(str(wrong))
        sys.exit(EXIT_USAGE)
    except Stopped as stopped:
        say("stopped; documents that were finished are in the output folder")
        sys.exit(stopped.exit_code)
    except Exception as wrong:
        sentences = _sentences(wrong)
        if sentences is None:
            log.debug("an unforeseen error", exc_info=True)
            what = " ".join(str(wrong).split())[:300]
            sentences = [
                f"unforeseen: {type(wrong).__name__}: {what}; please report it, with what "
                "LOG_LEVEL=debug shows"
            ]
        for sentence in dict.fromkeys(sentences):
            say(sentence)
        sys.exit(EXIT_FAILED)
