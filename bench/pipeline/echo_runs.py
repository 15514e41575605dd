"""The measurements with engine echo: what moves pages, and nothing that reads them."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from bench.pipeline.fleet import Commands, running_fleet
from bench.pipeline.job_run import JobRun, run_job
from bench.pipeline.paper import numbered_scan
from bench.pipeline.pdf_file import scanned_pdf, text_pdf

# Few pixels: decoding them is an engine's work, and engines differ.
_DPI: Final = 50
_PAGE_BYTES: Final = 500_000
# So many different ones; a longer document repeats them.
_DIFFERENT: Final = 200
PAGES_IN_FLOW: Final = 600
FLAT_OVER: Final = (10, 100, 1_000, 10_000)
_PAGES_IN_LONG_DOCUMENT: Final = 500

Tell = Callable[[str], None]


async def flow(commands: Commands, *, engines: int, rounds: int, tell: Tell) -> list[JobRun]:
    """Pages of 0.5 MB, as fast as they go."""
    scans = [numbered_scan(n, dpi=_DPI, size_bytes=_PAGE_BYTES) for n in range(_DIFFERENT)]
    pages = [scans[number % _DIFFERENT] for number in range(PAGES_IN_FLOW)]
    document = scanned_pdf(pages, dpi=_DPI)
    return await _runs(commands, [document] * rounds, engines=engines, dpi=_DPI, tell=tell)


async def flatness(
    commands: Commands, *, engines: int, most: int, rounds: int, tell: Tell
) -> list[JobRun]:
    """Jobs of 10, 100, ... pages of a few KB, each of them the median of its rounds by the core
    seconds of all services."""
    scans = [numbered_scan(number, dpi=_DPI) for number in range(_DIFFERENT)]
    sizes = [size for size in FLAT_OVER if size <= most]
    documents = [
        scanned_pdf([scans[number % _DIFFERENT] for number in range(size)], dpi=_DPI)
        for size in sizes
    ]
    runs = await _runs(commands, documents * rounds, engines=engines, dpi=_DPI, tell=tell)
    return [
        median_run([run for run in runs if run.pages == size], key=_all_core_seconds)
        for size in sizes
    ]


async def long_documents(
    commands: Commands, *, engines: int, rounds: int, tell: Tell
) -> dict[str, JobRun]:
    """A born-digital document of 500 pages, and a scanned one, at 200 dpi: until the first page."""
    text = text_pdf(
        [f"line {row} of page {page} in a long document of many pages" for row in range(45)]
        for page in range(_PAGES_IN_LONG_DOCUMENT)
    )
    scans = [numbered_scan(n, dpi=200, size_bytes=200_000) for n in range(20)]
    scanned = scanned_pdf([scans[n % 20] for n in range(_PAGES_IN_LONG_DOCUMENT)], dpi=200)
    runs = await _runs(commands, [text, scanned] * rounds, engines=engines, dpi=200, tell=tell)
    return {
        f"{name}, {len(document) / 1e6:.1f} MB": median_run(runs[place::2], key=_first_page)
        for place, (name, document) in enumerate((("born-digital", text), ("scanned", scanned)))
    }


def median_run(runs: Sequence[JobRun], *, key: Callable[[JobRun], float]) -> JobRun:
    """The one in the middle, the better one of two."""
    return sorted(runs, key=key)[(len(runs) - 1) // 2]


def _all_core_seconds(run: JobRun) -> float:
    return sum(each.tree for each in run.core_s.values())


def _first_page(run: JobRun) -> float:
    return run.first_page_s


async def _runs(
    commands: Commands, documents: Sequence[bytes], *, engines: int, dpi: int, tell: Tell
) -> list[JobRun]:
    """Document after document through one fleet; what is done once is done before."""
    runs = []
    with tempfile.TemporaryDirectory(prefix="docr-bench-") as name:
        folder = Path(name)
        path = folder / "document.pdf"
        with running_fleet(commands, folder, engines=engines) as fleet:
            path.write_bytes(scanned_pdf([numbered_scan(0, dpi=_DPI)] * 20, dpi=_DPI))
            await run_job(fleet, path, dpi=_DPI)
            for document in documents:
                path.write_bytes(document)
                runs.append(await run_job(fleet, path, dpi=dpi))
                tell(f"{runs[-1].pages} pages: {runs[-1].end_s:.2f} s")
    return runs
