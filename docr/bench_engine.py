"""`docr bench engine`: our engine and its peers, side by side."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.engine_figures import figures_of, ratios_of
from bench.engine_plot import plot
from bench.engine_report import EngineReport
from bench.page_images import page_images, picked
from bench.processor import processor
from bench.side_by_side import Measured, SideBySide
from bench.subjects import OURS, PEERS, Peer, Subject, peer
from bench.subjects.ours import ours
from broker.release import release
from contracts.errors import InvalidOption
from docr import machine
from docr.benched_engine import benched_engine
from docr.capacity import capacity
from docr.drawing import drawn
from docr.output_folder import make_writable
from docr.settings import Settings, load_settings
from docr.terminal import print_out, say


@dataclass(frozen=True, kw_only=True)
class EngineBenchPlan:
    """What to measure. `files`: so many images only, None for all; `threads`: cores for each
    subject, None for all; `engines`: processes of ours, None as a node has them; `model_dir`:
    weights in Paddle format."""

    images: Path
    truth: Path | None
    against: Sequence[Peer]
    files: int | None
    rounds: int
    threads: int | None
    engines: int | None
    language: str | None
    model_dir: Path | None
    out: Path


def parse_peers(text: str) -> list[Peer]:
    """Names with commas; none for an empty text. Raises: InvalidOption, which lists them."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    known: dict[str, Peer] = {name: name for name in PEERS}
    for name in names:
        if name not in known:
            raise InvalidOption(
                f"--against {name[:80]!r} is not known; name some of: {', '.join(PEERS)}"
            )
    return [known[name] for name in dict.fromkeys(names)]


async def bench_engine(plan: EngineBenchPlan) -> None:
    """Prints the tables, and writes engine.json and engine.svg. Raises: OcrError."""
    settings = load_settings(ocr_language=plan.language)
    images = picked(page_images(plan.images, plan.truth), plan.files)
    node, peers = _subjects(plan, settings)
    make_writable(plan.out)
    conditions = _conditions(plan, settings, [image.name for image in images])

    def report(measured: Measured) -> EngineReport:
        found = EngineReport(
            subjects=[node, *peers],
            figures=figures_of(measured, images),
            ratios=ratios_of(measured),
            missing=measured.missing,
            conditions=conditions,
        )
        text = json.dumps(found.as_json(), indent=1, ensure_ascii=False)
        (plan.out / "engine.json").write_text(text + "\n", encoding="utf-8")
        return found

    measured = await SideBySide(
        ours=node,
        peers=peers,
        images=images,
        rounds=plan.rounds,
        language=settings.ocr_language,
        memory_limit_bytes=machine.memory_bytes(),
        tell=say,
    ).run(after_round=report)
    found = report(measured)
    _write_texts(measured, plan.out / "texts")
    print_out(drawn(found.draw))
    try:
        plot(found, plan.out / "engine.svg")
    except InvalidOption as missing:
        say(str(missing))


def _subjects(plan: EngineBenchPlan, settings: Settings) -> tuple[Subject, list[Subject]]:
    cores = plan.threads or machine.cores()
    share = capacity(settings, nodes=plan.engines, cores=cores)
    engine = benched_engine(settings, cpu_threads=share.threads_per_node)
    peers = [
        peer(
            name,
            cores=cores,
            threads=plan.threads,
            model_dir=plan.model_dir or settings.ocr_model_dir,
            cache_dir=settings.ocr_cache_dir,
        )
        for name in plan.against
    ]
    return ours(engine, engines=share.nodes), peers


def _conditions(plan: EngineBenchPlan, settings: Settings, names: list[str]) -> dict[str, Any]:
    return {
        "release": release(),
        "machine": {
            "cores": machine.cores(),
            "memory_gb": round(machine.memory_bytes() / 2**30, 1),
            "processor": processor(),
        },
        "images": names,
        "rounds": plan.rounds,
        "threads": plan.threads or machine.cores(),
        "language": settings.ocr_language,
    }


def _write_texts(measured: Measured, folder: Path) -> None:
    last = {OURS: measured.ours[-1]} | {
        name: pairs[-1].peer for name, pairs in measured.pairs.items()
    }
    for name, turn in last.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for file, read in turn.reading.files.items():
            (folder / name / f"{Path(file).stem}.txt").write_text(read.text, encoding="utf-8")
