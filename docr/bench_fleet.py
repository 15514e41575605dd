"""`docr bench fleet`: how far one system carries as nodes are added."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.fleet.figures import Step
from bench.fleet.plot import plot
from bench.fleet.report import FleetReport, as_json, draw, steps_of
from bench.fleet.step import measure_step, pages_a_job
from bench.fleet.system import FleetPlan, running_system
from bench.processor import processor
from contracts.errors import BrokerUnavailable, InvalidOption
from docr import machine
from docr.bench_commands import measured_commands
from docr.drawing import drawn
from docr.output_folder import make_writable
from docr.terminal import print_out, say

# Below this share of what the nodes could read, more of them bring nothing.
_FOLLOWS: Final = 0.4
_LEAST_QUEUED: Final = 96


@dataclass(frozen=True, kw_only=True)
class FleetBenchPlan:
    """What to measure. `steps`: numbers of nodes; `page_s`: mean seconds of a page, `spread` of its
    logarithm; `rounds`: windows of `seconds` each; `limit_s`: for how long a step waits for
    nodes, then for jobs; `all_steps`: also those beyond saturation;
    `also`: fleet.json of earlier runs, whose steps are shown too."""

    steps: Sequence[int]
    page_s: float
    spread: float
    page_kb: int
    seed: int
    ingests: int
    aggregators: int
    rounds: int
    seconds: float
    limit_s: float
    recovery: bool
    all_steps: bool
    also: Sequence[Path]
    out: Path


def parse_steps(text: str, *, nodes: int) -> list[int]:
    """Numbers with commas, each once, ascending; for an empty text 10, 30, 100, ... up to `nodes`,
    and `nodes`. Raises: InvalidOption."""
    if not text.strip():
        return sorted({each for each in (10, 30, 100, 300, 1000, 3000) if each < nodes} | {nodes})
    try:
        steps = sorted({int(each) for each in text.split(",") if each.strip()})
    except ValueError:
        steps = []
    if not steps or steps[0] < 1:
        raise InvalidOption(
            f"--steps {text[:80]!r} is not numbers of nodes; give some with commas, like 10,100"
        )
    return steps


async def bench_fleet(plan: FleetBenchPlan) -> None:
    """Prints the tables, and writes fleet.json and fleet.svg. Raises: OcrError."""
    make_writable(plan.out)
    commands = await measured_commands()
    steps = _earlier(plan.also)
    for nodes in plan.steps:
        with tempfile.TemporaryDirectory(prefix="docr-bench-") as name:
            folder = Path(name)
            with running_system(commands, folder, _of_step(plan, nodes)) as system:
                try:
                    step = await measure_step(
                        system,
                        folder,
                        rounds=plan.rounds,
                        seconds=plan.seconds,
                        recovery=plan.recovery,
                        limit_s=plan.limit_s,
                        tell=say,
                    )
                except BrokerUnavailable:
                    if steps:
                        _show(steps, plan.out)
                    raise
        steps = sorted([*steps, step], key=lambda each: each.plan.nodes)
        # A later step may be more than this machine bears.
        report = _report(steps)
        (plan.out / "fleet.json").write_text(json.dumps(as_json(report), indent=1) + "\n")
        reached = step.middle(lambda each: each.pages_per_second)
        say(f"{nodes} nodes: {reached:.1f} pages/s of {step.plan.offered_pages_per_second:.1f}")
        if reached < _FOLLOWS * step.plan.offered_pages_per_second and not plan.all_steps:
            break
    _show(steps, plan.out)


def _report(steps: list[Step]) -> FleetReport:
    return FleetReport(steps=steps, cores=machine.cores(), processor=processor())


def _show(steps: list[Step], out: Path) -> None:
    report = _report(steps)
    print_out(drawn(lambda console: draw(report, console)))
    plot(report, out / "fleet.svg")


def _earlier(files: Sequence[Path]) -> list[Step]:
    """Raises: InvalidOption."""
    found: list[Step] = []
    for file in files:
        try:
            found += steps_of(file.read_bytes())
        except (OSError, ValueError):
            raise InvalidOption(
                f"--also {file} is no fleet.json of this release; leave it out, and measure again"
            ) from None
    return found


def _of_step(plan: FleetBenchPlan, nodes: int) -> FleetPlan:
    step = FleetPlan(
        nodes=nodes,
        page_s=plan.page_s,
        spread=plan.spread,
        seed=plan.seed,
        image_bytes=plan.page_kb * 1000,
        ingests=plan.ingests,
        aggregators=plan.aggregators,
        queued_per_job=_LEAST_QUEUED,
    )
    # As operations.md says: else a job holds no more pages than a part of the nodes can take.
    queued = max(_LEAST_QUEUED, pages_a_job(step, seconds=plan.seconds))
    return FleetPlan(**{**vars(step), "queued_per_job": queued})
