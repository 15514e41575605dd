"""What `docr run` takes beyond the engines that read in it."""

import asyncio
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.pipeline.fleet import Commands
from bench.pipeline.paper import numbered_scan
from bench.pipeline.pdf_file import scanned_pdf
from bench.process_tree import Tree
from contracts.errors import BrokerUnavailable
from guard.guarded_child import GuardedChild
from guard.parent_death import end_with_parent
from ocr_node.engine_process import ENGINE_CHILD

_DPI: Final = 200
_PAGES_A_DOCUMENT: Final = 20
_PAGE_TIMEOUT_S: Final = 600.0
_MEMORY_BYTES: Final = 16 * 2**30


@dataclass(frozen=True, kw_only=True)
class Taken:
    """Core seconds of a whole process tree, and s of wall time."""

    core_s: float
    wall_s: float

    def __str__(self) -> str:
        return f"{self.wall_s:.1f} s ({self.core_s:.1f} core-s)"


@dataclass(frozen=True, kw_only=True)
class Round:
    """Both sides over the same images. `run`: the whole command; `run_start`: the command over one
    blank page, which is its start and its end; `engines`: reading; `engines_start`: loading."""

    run: Taken
    run_start: Taken
    engines: Taken
    engines_start: Taken

    def ratio(self, what: Callable[[Taken], float], *, with_start: bool) -> float:
        """Of the command to the engines alone, start on both sides or on none."""
        if with_start:
            return what(self.run) / (what(self.engines) + what(self.engines_start))
        return (what(self.run) - what(self.run_start)) / what(self.engines)


@dataclass(frozen=True, kw_only=True)
class RunShare:
    """All rounds; the ratios are medians."""

    pages: int
    engines: int
    rounds: Sequence[Round]
    load: float

    def ratio(self, what: Callable[[Taken], float], *, with_start: bool) -> float:
        return median(each.ratio(what, with_start=with_start) for each in self.rounds)

    @property
    def core_s_a_page(self) -> float:
        """Of an engine alone."""
        return median(each.engines.core_s for each in self.rounds) / self.pages


async def run_share(
    commands: Commands,
    pages: Sequence[bytes],
    *,
    engine: dict[str, Any],
    engines: int,
    rounds: int,
    tell: Callable[[str], None],
) -> RunShare:
    """Lets the command and its engines alone take turns. `pages`: JPEGs, which travel as they are;
    `engine`: the settings of an engine's process.

    Raises: BrokerUnavailable if the command fails, what a page raises that cannot be read.
    """
    done = []
    with tempfile.TemporaryDirectory(prefix="docr-bench-") as name:
        folder = Path(name)
        blank = folder / "blank.pdf"
        blank.write_bytes(scanned_pdf([numbered_scan(0, dpi=20)], dpi=20))
        documents = []
        for number in range(0, len(pages), _PAGES_A_DOCUMENT):
            documents.append(folder / f"document-{number}.pdf")
            some = pages[number : number + _PAGES_A_DOCUMENT]
            documents[-1].write_bytes(scanned_pdf(some, dpi=_DPI))
        for number in range(1, rounds + 1):
            start, reading = await _engines_alone(pages, engine=engine, engines=engines)
            run = await asyncio.to_thread(_run, commands, documents, folder, engines)
            run_start = await asyncio.to_thread(_run, commands, [blank], folder, engines)
            done.append(Round(run=run, run_start=run_start, engines=reading, engines_start=start))
            tell(
                f"round {number}: engines alone {start} + {reading}, "
                f"docr run {run}, of which start and end {run_start}"
            )
    return RunShare(pages=len(pages), engines=engines, rounds=done, load=os.getloadavg()[0])


async def _engines_alone(
    pages: Sequence[bytes], *, engine: dict[str, Any], engines: int
) -> tuple[Taken, Taken]:
    """What loading takes, and then reading."""
    children = [
        GuardedChild(
            target=ENGINE_CHILD,
            settings=engine,
            what="the OCR engine",
            memory_limit_bytes=_MEMORY_BYTES,
            start_timeout_s=_PAGE_TIMEOUT_S,
        )
        for _ in range(engines)
    ]
    left = iter(enumerate(pages))

    def core_s() -> float:
        return sum(Tree(pid=child.pid).cpu_s() for child in children if child.pid is not None)

    try:
        began = time.perf_counter()
        await asyncio.gather(*(child.start() for child in children))
        loaded, loaded_core_s = time.perf_counter(), core_s()
        await asyncio.gather(*(_read(child, left) for child in children))
        ended, ended_core_s = time.perf_counter(), core_s()
    finally:
        for child in children:
            await child.stop()
    return (
        Taken(core_s=loaded_core_s, wall_s=loaded - began),
        Taken(core_s=ended_core_s - loaded_core_s, wall_s=ended - loaded),
    )


async def _read(child: GuardedChild, left: Iterator[tuple[int, bytes]]) -> None:
    for page_index, image in left:
        request = {"image": image, "language": "en", "page_index": page_index, "handed_in": False}
        await child.call(request, timeout_s=_PAGE_TIMEOUT_S)


def _run(commands: Commands, documents: Sequence[Path], folder: Path, engines: int) -> Taken:
    """The whole command, until everything of it has ended."""
    command = [commands.docr, "run", *map(str, documents), "--dpi", str(_DPI)]
    with (folder / "run.log").open("wb") as log:
        began = time.perf_counter()
        process = subprocess.Popen(
            [*command, "--out", str(folder / "out"), "--nodes", str(engines)],
            stdout=subprocess.DEVNULL,
            stderr=log,
            preexec_fn=end_with_parent,  # noqa: PLW1509 - allocates nothing
        )
        # With what its children took, all of which it has waited for.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall_s = time.perf_counter() - began
    if process.returncode != 0:
        said = (folder / "run.log").read_text(errors="replace").strip()
        raise BrokerUnavailable(
            f"docr run failed in the measurement ({said[-300:]}); see that it reads documents on "
            "this machine, then measure again"
        )
    return Taken(core_s=usage.ru_utime + usage.ru_stime, wall_s=wall_s)
