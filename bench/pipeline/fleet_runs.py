"""The measurements of a running fleet: with engine echo of what moves pages and nothing that reads
them, with another one of what that is beside reading."""

import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from bench.pipeline.fleet import Commands, running_fleet
from bench.pipeline.job_run import Clock, JobRun, JobRuns, job_runs
from bench.pipeline.paper import numbered_scan
from bench.pipeline.pdf_file import scanned_pdf, text_pdf
from bench.process_tree import Tree

ECHO: Final = "echo"
# Few pixels: decoding them is an engine's work, and engines differ.
_DPI: Final = 50
# Where the engine reads: a page with one line, of as many pixels as it looks at in one look.
_READ_DPI: Final = 90
_PAGE_BYTES: Final = 500_000
# So many different ones; a longer document repeats them.
_DIFFERENT: Final = 200
# Many small jobs instead of one: the kernel counts CPU in steps of 10 ms.
_PAGES_OF_SMALL_JOBS: Final = 300
_LONG_DPI: Final = 200
_LONG_SCAN_BYTES: Final = 200_000
# Two for each of the slots of ingest.
_WARM_UP_JOBS: Final = 8


class FleetRuns:
    """Documents through one fleet, whose processes are `trees`. Made by `fleet_runs`."""

    def __init__(
        self,
        runs: JobRuns,
        folder: Path,
        *,
        trees: Callable[[], list[Tree]],
        tell: Callable[[str], None],
        engine: str,
    ) -> None:
        self.trees = trees
        self._runs = runs
        self._engine = engine
        self._document = folder / "document.pdf"
        self._tell = tell

    async def warm_up(self) -> None:
        """Starts what is started once: every renderer of every slot of ingest."""
        self._document.write_bytes(text_pdf([["some text"]] * 8))
        await self._runs.run(self._document, dpi=300, jobs=_WARM_UP_JOBS)

    async def flow(self, *, pages: int, rounds: int) -> list[JobRun]:
        """Pages of 0.5 MB, as fast as they go."""
        different = min(_DIFFERENT, pages)
        scans = [numbered_scan(n, dpi=_DPI, size_bytes=_PAGE_BYTES) for n in range(different)]
        document = scanned_pdf([scans[n % different] for n in range(pages)], dpi=_DPI)
        return [await self._run(document, dpi=_DPI) for _ in range(rounds)]

    async def flat(self, document: bytes, *, pages: int, clock: Clock) -> JobRun:
        """Jobs of a document of `flat_document`, one behind the other."""
        jobs = max(1, _PAGES_OF_SMALL_JOBS // pages)
        return await self._run(document, dpi=_flat_dpi(self._engine), jobs=jobs, clock=clock)

    async def long_documents(self, *, pages: int, rounds: int) -> dict[str, JobRun]:
        """A born-digital document and a scanned one, at 200 dpi: of each the run in the middle by
        the time until its first page."""
        text = text_pdf(
            [f"line {row} of page {page} in a long document of many pages" for row in range(45)]
            for page in range(pages)
        )
        scans = [numbered_scan(n, dpi=_LONG_DPI, size_bytes=_LONG_SCAN_BYTES) for n in range(20)]
        scanned = scanned_pdf([scans[n % 20] for n in range(pages)], dpi=_LONG_DPI)
        documents = {"born-digital": text, "scanned": scanned}
        found: dict[str, list[JobRun]] = {name: [] for name in documents}
        for _ in range(rounds):
            for name, document in documents.items():
                found[name].append(await self._run(document, dpi=_LONG_DPI))
        return {
            f"{name}, {len(documents[name]) / 1e6:.1f} MB": _middle(runs)
            for name, runs in found.items()
        }

    async def _run(
        self, document: bytes, *, dpi: int, jobs: int = 1, clock: Clock = time.perf_counter
    ) -> JobRun:
        self._document.write_bytes(document)
        run = await self._runs.run(self._document, dpi=dpi, jobs=jobs, clock=clock)
        self._tell(f"{run.jobs} x {run.pages} pages: {run.end_s:.2f} s")
        return run


@asynccontextmanager
async def fleet_runs(
    commands: Commands, *, engines: int, tell: Callable[[str], None], engine: str
) -> AsyncIterator[FleetRuns]:
    """A warm fleet. `tell`: of each run. Raises: BrokerUnavailable."""
    with tempfile.TemporaryDirectory(prefix="docr-bench-") as name:
        folder = Path(name)
        with running_fleet(commands, folder, engine=engine, engines=engines) as fleet:
            async with job_runs(fleet) as runs:
                each = FleetRuns(runs, folder, trees=fleet.trees, tell=tell, engine=engine)
                await each.warm_up()
                yield each


def _middle(runs: Sequence[JobRun]) -> JobRun:
    return sorted(runs, key=lambda run: run.first_page_s)[(len(runs) - 1) // 2]


def flat_document(*, pages: int, engine: str) -> bytes:
    """So many pages of a few KB, for an engine of that name."""
    dpi = _flat_dpi(engine)
    scans = [numbered_scan(number, dpi=dpi) for number in range(min(_DIFFERENT, pages))]
    return scanned_pdf([scans[n % _DIFFERENT] for n in range(pages)], dpi=dpi)


def _flat_dpi(engine: str) -> int:
    return _DPI if engine == ECHO else _READ_DPI
