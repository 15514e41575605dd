"""`docr submit`, `watch`, `result`, `cancel`, `delete`, `jobs` and `nodes`: a running system's
client. What they do stands in modules that are imported once it is asked for."""

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import typer

from docr.cli.app import CLIENT, EXIT_FAILED, EXIT_OK, JobId, app
from docr.cli.formats import Formats
from docr.cli.reading_options import Mode, Password, Quality, RunningHeads

Url = Annotated[
    str | None,
    typer.Option(
        help="nats://HOST:4222 of a broker, or http://HOST:8000 of a gateway.",
        show_default="OCR_URL, else NATS_URL",
    ),
]
ApiKey = Annotated[str | None, typer.Option(help="Key for a gateway.", show_default="OCR_API_KEY")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON Lines, nothing else.")]


@app.command(rich_help_panel=CLIENT)
def submit(  # noqa: PLR0917 - typer takes them by name
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...", help="Documents, folders, or glob patterns.", show_default=False
        ),
    ],
    language: Annotated[
        str | None, typer.Option(help="Language, one that a node reads.", show_default="the site's")
    ] = None,
    dpi: Annotated[
        int | None,
        typer.Option(help="Dots per inch at which PDFs are read.", show_default="the site's"),
    ] = None,
    pages: Annotated[
        str | None, typer.Option(help="Pages to read, like 1-3,7 or 5-.", show_default="all")
    ] = None,
    priority: Annotated[
        str | None, typer.Option(help="interactive or bulk.", show_default="bulk")
    ] = None,
    tenant: Annotated[
        str | None, typer.Option(help="Whose documents they are.", show_default="default")
    ] = None,
    deadline_seconds: Annotated[
        float | None,
        typer.Option(help="s after which a job ends without what is left.", show_default="a day"),
    ] = None,
    formats: Formats = None,
    mode: Mode = None,
    quality: Quality = None,
    running_heads: RunningHeads = None,
    password: Password = None,
    job_id: Annotated[
        str | None,
        typer.Option(
            help="Id of the job, for one document: handed in twice, it is one job.",
            show_default="a new one",
        ),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait, and write the outputs into --out.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            help="With --wait: folder for NAME.txt, NAME.md and NAME.json.",
            show_default="ocr-output",
        ),
    ] = None,
    as_json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> None:
    """Hand in documents, and print the ids of their jobs.

    With --wait as docr run: exit code 1 if some page or document failed. Ctrl-C leaves the jobs
    running.
    """
    from docr.password_option import password_given  # noqa: PLC0415
    from docr.submit_command import SubmitPlan, submit_documents  # noqa: PLC0415

    plan = SubmitPlan.of(
        paths,
        options={
            "language": language,
            "dpi": dpi,
            "pages": pages,
            "priority": priority,
            "tenant": tenant,
            "deadline_s": deadline_seconds,
            "formats": formats,
            "mode": mode,
            "quality": quality,
            "running_heads": running_heads,
            "password": password_given(password),
            "job_id": job_id,
        },
        wait=wait,
        out=out,
        as_json=as_json,
    )
    raise typer.Exit(submit_documents(plan, url, api_key))


@app.command(rich_help_panel=CLIENT)
def watch(
    job_ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[JOB...]", help="Jobs.", show_default="all, until Ctrl-C"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON event a line.")] = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> None:
    """Show the progress of jobs until they have ended: bars, or lines if it is no terminal.

    Exit code 1 if a job did not end in success. Ctrl-C leaves the jobs running.
    """
    from docr.watch_command import watch_jobs  # noqa: PLC0415

    raise typer.Exit(watch_jobs(job_ids or [], url, api_key, as_json=as_json))


@app.command(rich_help_panel=CLIENT)
def result(
    job_id: JobId,
    kind: Annotated[
        Literal[
            "result", "text", "markdown", "json", "jsonl", "pdf", "hocr", "alto", "tsv", "page"
        ],
        typer.Option("--format", help="result and json: with every line and its polygon."),
    ] = "result",
    out: Annotated[
        Path | None,
        typer.Option(help="File to write to; - is stdout, for any format.", show_default="stdout"),
    ] = None,
    url: Url = None,
    api_key: ApiKey = None,
) -> None:
    """Fetch what was read of an ended job. What is not there yet is made first: a searchable PDF,
    hOCR, ALTO, TSV, PAGE-XML."""
    from docr.result_command import fetch_result  # noqa: PLC0415

    asyncio.run(fetch_result(job_id, kind, out, url, api_key))


@app.command(rich_help_panel=CLIENT)
def cancel(job_id: JobId, as_json: AsJson = False, url: Url = None, api_key: ApiKey = None) -> None:
    """End a running job with what has been read of it so far."""
    from docr.job_commands import cancel_job  # noqa: PLC0415

    ended = asyncio.run(cancel_job(job_id, url, api_key, as_json=as_json))
    raise typer.Exit(EXIT_OK if ended else EXIT_FAILED)


@app.command(rich_help_panel=CLIENT)
def delete(job_id: JobId, as_json: AsJson = False, url: Url = None, api_key: ApiKey = None) -> None:
    """Remove all that is kept of an ended job: outputs, dead pages, summary."""
    from docr.job_commands import delete_job  # noqa: PLC0415

    asyncio.run(delete_job(job_id, url, api_key, as_json=as_json))


@app.command(rich_help_panel=CLIENT)
def jobs(
    state: Annotated[
        str | None,
        typer.Option(
            help="queued, running, cancelling, success, partial_success, failed or cancelled.",
            show_default="any",
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    as_json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> None:
    """List jobs: those that go on first, then the ended ones, the latest first."""
    from docr.job_commands import list_jobs  # noqa: PLC0415

    asyncio.run(list_jobs(state, limit, url, api_key, as_json=as_json))


@app.command(rich_help_panel=CLIENT)
def nodes(as_json: AsJson = False, url: Url = None, api_key: ApiKey = None) -> None:
    """List the nodes, and what they are reading."""
    from docr.job_commands import list_nodes  # noqa: PLC0415

    asyncio.run(list_nodes(url, api_key, as_json=as_json))
