"""`docr bench pipeline`: what everything around the engines costs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.page_images import page_images
from bench.pipeline.flatness import flatness
from bench.pipeline.fleet_runs import ECHO, fleet_runs
from bench.pipeline.paper import as_jpegs, letter
from bench.pipeline.report import PipelineReport, as_json, draw
from bench.pipeline.run_share import run_share
from bench.subjects.ours import as_child_settings
from contracts.errors import InvalidOption
from docr.bench_commands import measured_commands
from docr.capacity import capacity
from docr.drawing import drawn
from docr.node_languages import engine_settings
from docr.output_folder import make_writable
from docr.settings import Settings, load_settings
from docr.terminal import print_out, say

PARTS: Final = ("run", "flow", "flat", "first")
_LETTERS: Final = "abcd"


@dataclass(frozen=True, kw_only=True)
class PipelineBenchPlan:
    """What to measure. `images`: pages for part `run`, None for letters that are drawn; `pages`: so
    many of them; `most_pages`: of the longest job of part `flat`, and `flat_engine` its engine;
    `flow_pages`, `long_pages`: of the documents of parts `flow` and `first`."""

    parts: Sequence[str]
    images: Path | None
    pages: int
    most_pages: int
    flat_engine: str
    flow_pages: int
    long_pages: int
    rounds: int
    engines: int
    out: Path


def parse_parts(text: str) -> list[str]:
    """Names with commas, or their letters a to d. Raises: InvalidOption."""
    by_letter = dict(zip(_LETTERS, PARTS, strict=True))
    names = [by_letter.get(name.strip(), name.strip()) for name in text.split(",") if name.strip()]
    for name in names:
        if name not in PARTS:
            raise InvalidOption(
                f"--part {name[:80]!r} is not known; name some of: {', '.join(PARTS)}"
            )
    return names


async def bench_pipeline(plan: PipelineBenchPlan) -> None:
    """Prints the tables, and writes pipeline.json. Raises: OcrError."""
    settings = load_settings()
    load_settings(ocr_engine=plan.flat_engine)  # a name that is none is told before anything runs
    make_writable(plan.out)
    commands = await measured_commands()
    report, engines, rounds = PipelineReport(), plan.engines, plan.rounds
    if {"flow", "first"} & set(plan.parts):
        async with fleet_runs(commands, engines=engines, tell=say, engine=ECHO) as runs:
            if "flow" in plan.parts:
                report.flow = await runs.flow(pages=plan.flow_pages, rounds=rounds)
            if "first" in plan.parts:
                report.first = await runs.long_documents(pages=plan.long_pages, rounds=rounds)
    if "flat" in plan.parts:
        report.flat = await flatness(
            commands,
            most=plan.most_pages,
            rounds=rounds,
            engines=engines,
            engine=plan.flat_engine,
            tell=say,
        )
    if "run" in plan.parts:
        report.run = await run_share(
            commands,
            _pages(plan),
            engine=_engine(settings, engines),
            engines=engines,
            rounds=rounds,
            tell=say,
        )
    (plan.out / "pipeline.json").write_text(json.dumps(as_json(report), indent=1) + "\n")
    print_out(drawn(lambda console: draw(report, console)))


def _pages(plan: PipelineBenchPlan) -> list[bytes]:
    if plan.images is None:
        return [letter(number) for number in range(plan.pages)]
    images = [image.path for image in page_images(plan.images, None)]
    return as_jpegs(images, count=plan.pages)


def _engine(settings: Settings, engines: int) -> dict[str, object]:
    """As `docr run` starts it here."""
    share = capacity(settings, nodes=engines)
    return as_child_settings(engine_settings(settings, cpu_threads=share.threads_per_node))
