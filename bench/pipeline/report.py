"""What `docr bench pipeline` found, for people and for programs."""

from dataclasses import asdict, dataclass, field
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from bench.pipeline.job_run import JobRun
from bench.pipeline.run_share import RunShare
from bench.pipeline.taken import Taken
from bench.tables import figures_table

SERVICES: Final = ("ingest", "broker", "node", "aggregator")
# Beside part a nobody has measured what a page takes: a dense page of print.
DENSE_PAGE_CORE_S: Final = 1.0


@dataclass(kw_only=True)
class PipelineReport:
    """The parts that were measured."""

    run: RunShare | None = None
    flow: list[JobRun] = field(default_factory=list)
    flat: list[JobRun] = field(default_factory=list)
    first: dict[str, JobRun] = field(default_factory=dict)

    @property
    def page_core_s(self) -> float:
        return self.run.core_s_a_page if self.run is not None else DENSE_PAGE_CORE_S

    def best_flow(self) -> JobRun:
        """The fastest: what others did on the machine meanwhile only makes it slower."""
        return max(self.flow, key=lambda run: run.pages_per_second)


def as_json(report: PipelineReport) -> dict[str, Any]:
    """All figures, and what follows from them."""
    found: dict[str, Any] = {}
    if (run := report.run) is not None:
        found["run"] = asdict(run) | {"ratios": _ratios(run)}
    if report.flow:
        best = report.best_flow()
        found["flow"] = {
            "runs": [_of_job(each) for each in report.flow],
            "feeds_engine_cores": {name: _feeds(report, best, name) for name in SERVICES},
            "page_core_s": report.page_core_s,
        }
    if report.flat:
        found["flat"] = [_of_job(each) for each in report.flat]
    if report.first:
        found["first_page"] = {name: _of_job(each) for name, each in report.first.items()}
    return found


def draw(report: PipelineReport, console: Console) -> None:
    """A table for each part."""
    if report.run is not None:
        _draw_run(report.run, console)
    if report.flow:
        _draw_flow(report, console)
    if report.flat:
        _draw_flat(report.flat, console)
    if report.first:
        _draw_first(report.first, console)


def _draw_run(run: RunShare, console: Console) -> None:
    table = figures_table(
        f"docr run, {run.pages} pages, {run.engines} engines", "core-s", "wall s", "load"
    )
    middle = sorted(run.rounds, key=lambda each: each.run.core_s)[(len(run.rounds) - 1) // 2]
    for name, taken in (
        ("docr run, all of it", middle.run),
        ("docr run over a blank page", middle.run_start),
        ("engines alone, loading", middle.engines_start),
        ("engines alone, reading", middle.engines),
    ):
        table.add_row(name, f"{taken.core_s:.1f}", f"{taken.wall_s:.1f}", f"{run.load:.1f}")
    for name, ratios in _ratios(run).items():
        table.add_row(name, f"{ratios['core_s']:.3f}", f"{ratios['wall_s']:.3f}", "")
    console.print(table)


def _draw_flow(report: PipelineReport, console: Console) -> None:
    table = figures_table(
        "0.5 MB a page, engine echo", "pages/s", *SERVICES, "all, core-ms", "load"
    )
    for run in report.flow:
        costs = [run.core_ms_a_page(name) for name in SERVICES]
        table.add_row(
            f"{run.pages} pages",
            f"{run.pages_per_second:.0f}",
            *(f"{cost:.2f}" for cost in costs),
            f"{sum(costs):.2f}",
            f"{run.load:.1f}",
        )
    best = report.best_flow()
    table.add_row(
        "one process feeds engine cores", "", *(f"{_feeds(report, best, n):.0f}" for n in SERVICES)
    )
    console.print(table)
    console.print(
        Text(f"(at {report.page_core_s:.2f} core-s a page; the broker taken as one core)\n")
    )


def _draw_flat(runs: list[JobRun], console: Console) -> None:
    table = figures_table("small pages, core-ms a page", "wall ms", *SERVICES, "all", "load")
    for run in runs:
        costs = [run.core_ms_a_page(name) for name in SERVICES]
        table.add_row(
            f"{run.jobs} x {run.pages} pages",
            f"{1000 / run.pages_per_second:.1f}",
            *(f"{cost:.2f}" for cost in costs),
            f"{sum(costs):.2f}",
            f"{run.load:.1f}",
        )
    console.print(table)


def _draw_first(runs: dict[str, JobRun], console: Console) -> None:
    names = ("accepted s", "first page s", "less a page's own", "end s", "load")
    table = figures_table("until the first page", *names)
    for name, run in runs.items():
        table.add_row(
            f"{name}, {run.pages} pages",
            f"{run.accepted_s:.2f}",
            f"{run.first_page_s:.2f}",
            f"{run.first_page_s - run.page_s:.2f}",
            f"{run.end_s:.2f}",
            f"{run.load:.1f}",
        )
    console.print(table)


def _feeds(report: PipelineReport, run: JobRun, name: str) -> float:
    """How many engine cores one process of the service keeps busy."""
    a_page = run.core_ms_a_page(name) if name == "broker" else run.loop_ms_a_page(name)
    return report.page_core_s * 1000 / a_page if a_page else 0.0


def _ratios(run: RunShare) -> dict[str, dict[str, float]]:
    def core_s(taken: Taken) -> float:
        return taken.core_s

    def wall_s(taken: Taken) -> float:
        return taken.wall_s

    return {
        name: {
            "core_s": round(run.ratio(core_s, with_start=with_start), 4),
            "wall_s": round(run.ratio(wall_s, with_start=with_start), 4),
        }
        for name, with_start in (
            ("ratio, start on both sides", True),
            ("ratio, start apart", False),
        )
    }


def _of_job(run: JobRun) -> dict[str, Any]:
    found = asdict(run) | {"pages_per_second": round(run.pages_per_second, 2)}
    found["core_ms_a_page"] = {name: round(run.core_ms_a_page(name), 3) for name in run.core_s}
    found["loop_ms_a_page"] = {name: round(run.loop_ms_a_page(name), 3) for name in run.core_s}
    return found
