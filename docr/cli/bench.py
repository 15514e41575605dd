"""`docr bench`: reproducible measurements."""

from pathlib import Path
from typing import Annotated

import typer

from docr.cli.app import MEASUREMENTS, app

bench_app = typer.Typer(
    help="Measure what reading costs on this machine, and what it brings.", no_args_is_help=True
)
app.add_typer(bench_app, name="bench", rich_help_panel=MEASUREMENTS)

Images = Annotated[
    Path, typer.Option(help="Folder of page images (JPEG, PNG, BMP).", show_default=False)
]
Files = Annotated[
    int | None,
    typer.Option(min=1, help="So many of the files, evenly from all.", show_default="all"),
]


@bench_app.callback()
def bench() -> None:
    """Measure what reading costs on this machine, and what it brings."""


@bench_app.command("engine")
def bench_engine(  # noqa: PLR0917 - typer takes them by name
    images: Images,
    truth: Annotated[
        Path | None,
        typer.Option(help="Folder of true texts, NAME.txt for NAME.jpg.", show_default="--images"),
    ] = None,
    against: Annotated[
        str, typer.Option(help="Peers, with commas; empty: none.")
    ] = "paddleocr,paddle-onednn,rapidocr,tesseract",
    files: Files = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often each reads all files.")] = 3,
    threads: Annotated[
        int | None,
        typer.Option(min=1, max=256, help="Cores for each.", show_default="all of this machine"),
    ] = None,
    engines: Annotated[
        int | None,
        typer.Option(min=1, max=256, help="Processes of ours.", show_default="as docr node"),
    ] = None,
    language: Annotated[str | None, typer.Option(help="Of the files (OCR_LANGUAGE, en).")] = None,
    model_dir: Annotated[
        Path | None,
        typer.Option(help="Weights for paddle-onednn (OCR_MODEL_DIR).", show_default=False),
    ] = None,
    out: Annotated[
        Path, typer.Option(help="Folder for engine.json, engine.svg and the texts.")
    ] = Path("bench-output"),
) -> None:
    """Measure our engine beside others: core-seconds, time, memory, word F1.

    They take turns over the same files, so that a noisy machine slows all alike.
    """
    from docr.bench_engine import EngineBenchPlan, parse_peers  # noqa: PLC0415
    from docr.bench_engine import bench_engine as measure  # noqa: PLC0415
    from docr.stopping import until_stopped  # noqa: PLC0415

    plan = EngineBenchPlan(
        images=images,
        truth=truth if truth is not None else images,
        against=parse_peers(against),
        files=files,
        rounds=rounds,
        threads=threads,
        engines=engines,
        language=language,
        model_dir=model_dir,
        out=out,
    )
    until_stopped(lambda: measure(plan))


@bench_app.command("limit")
def bench_limit(
    images: Images,
    files: Files = None,
    language: Annotated[str | None, typer.Option(help="Of the files (OCR_LANGUAGE, en).")] = None,
    out: Annotated[Path, typer.Option(help="Folder for limit.json.")] = Path("bench-output"),
) -> None:
    """Measure how far our engine is from what this machine's arithmetic allows.

    Counts the operations that the models take, measures the single-precision rate of a core, and
    divides the core-seconds that pages took by those that the operations need.
    """
    from docr.bench_limit import bench_limit as measure  # noqa: PLC0415
    from docr.stopping import until_stopped  # noqa: PLC0415

    until_stopped(lambda: measure(images, files=files, language=language, out=out))


@bench_app.command("pipeline")
def bench_pipeline(  # noqa: PLR0917 - typer takes them by name
    part: Annotated[
        str, typer.Option(help="Parts, with commas: run, flow, flat, first (or a, b, c, d).")
    ] = "run,flow,flat,first",
    images: Annotated[
        Path | None,
        typer.Option(
            help="Folder of page images for part run; they come again if they are fewer.",
            show_default="letters that are drawn",
        ),
    ] = None,
    pages: Annotated[int, typer.Option(min=1, help="Pages of part run.")] = 60,
    most_pages: Annotated[
        int, typer.Option(min=10, help="Pages of the longest job of part flat.")
    ] = 10_000,
    flat_engine: Annotated[
        str, typer.Option(help="Engine of part flat: echo, or one that reads, which takes long.")
    ] = "echo",
    flow_pages: Annotated[int, typer.Option(min=10, help="Pages of part flow.")] = 600,
    long_pages: Annotated[int, typer.Option(min=10, help="Pages of part first.")] = 500,
    rounds: Annotated[int, typer.Option(min=1, help="How often each is measured.")] = 3,
    engines: Annotated[int, typer.Option(min=1, max=256, help="Engines that read.")] = 2,
    out: Annotated[Path, typer.Option(help="Folder for pipeline.json.")] = Path("bench-output"),
) -> None:
    """Measure what everything around the engines costs: broker, ingest, nodes, aggregator.

    run: docr run beside its engines alone. flow: pages of 0.5 MB with engine echo, as fast as they
    go. flat: cost a page in jobs of 10 to 10,000 pages, in turns. first: time until the first page
    of 500.
    """
    from docr.bench_pipeline import PipelineBenchPlan, parse_parts  # noqa: PLC0415
    from docr.bench_pipeline import bench_pipeline as measure  # noqa: PLC0415
    from docr.stopping import until_stopped  # noqa: PLC0415

    plan = PipelineBenchPlan(
        parts=parse_parts(part),
        images=images,
        pages=pages,
        most_pages=most_pages,
        flat_engine=flat_engine,
        flow_pages=flow_pages,
        long_pages=long_pages,
        rounds=rounds,
        engines=engines,
        out=out,
    )
    until_stopped(lambda: measure(plan))


@bench_app.command("fleet")
def bench_fleet(  # noqa: PLR0917 - typer takes them by name
    nodes: Annotated[int, typer.Option(min=1, max=20_000, help="The most nodes.")] = 1000,
    steps: Annotated[
        str,
        typer.Option(
            help="Numbers of nodes, with commas.", show_default="10, 30, 100, ... up to --nodes"
        ),
    ] = "",
    page_seconds: Annotated[
        float, typer.Option(min=0.001, help="Mean time of a page on a node, s.")
    ] = 1.0,
    spread: Annotated[
        float, typer.Option(min=0.0, max=3.0, help="Of the logarithm of that time; 0: none.")
    ] = 0.5,
    page_kb: Annotated[int, typer.Option(min=5, max=7000, help="kB of a page's image.")] = 50,
    rounds: Annotated[int, typer.Option(min=1, help="Windows under load; medians count.")] = 3,
    seconds: Annotated[float, typer.Option(min=1.0, help="Of a window.")] = 10.0,
    limit: Annotated[
        float,
        typer.Option(
            min=1.0, help="Most s that a step waits for its nodes, then for its jobs to end."
        ),
    ] = 600.0,
    ingests: Annotated[int, typer.Option(min=1, max=64, help="Ingest processes.")] = 1,
    aggregators: Annotated[int, typer.Option(min=1, max=64, help="Aggregator processes.")] = 1,
    recovery: Annotated[
        bool, typer.Option(help="Kill a tenth of the nodes (of 10 or more), then the broker.")
    ] = True,
    all_steps: Annotated[
        bool, typer.Option("--all-steps", help="Go on when more nodes bring no more pages.")
    ] = False,
    also: Annotated[
        list[Path] | None,
        typer.Option(help="fleet.json of an earlier run: show its steps too.", show_default="none"),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of all that is drawn.")] = 1,
    out: Annotated[Path, typer.Option(help="Folder for fleet.json and fleet.svg.")] = Path(
        "bench-output"
    ),
) -> None:
    """Measure how far one broker, ingest and aggregator carry as nodes are added.

    Real services and a real broker; nodes with a connection each that wait for as long as a page
    takes instead of reading it. Costs at rest and a page, time to recover, and what is saturated
    first. What it found, and what follows for 10,000 cores: docs/scaling.md.
    """
    from docr.bench_fleet import FleetBenchPlan, parse_steps  # noqa: PLC0415
    from docr.bench_fleet import bench_fleet as measure  # noqa: PLC0415
    from docr.stopping import until_stopped  # noqa: PLC0415

    plan = FleetBenchPlan(
        steps=parse_steps(steps, nodes=nodes),
        page_s=page_seconds,
        spread=spread,
        page_kb=page_kb,
        seed=seed,
        limit_s=limit,
        ingests=ingests,
        aggregators=aggregators,
        rounds=rounds,
        seconds=seconds,
        recovery=recovery,
        all_steps=all_steps,
        also=also or (),
        out=out,
    )
    until_stopped(lambda: measure(plan))
