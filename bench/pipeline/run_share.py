"""What `docr run` takes beyond the engines that read in it."""

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.pipeline.engines_alone import EnginesAlone
from bench.pipeline.fleet import Commands
from bench.pipeline.paper import numbered_scan
from bench.pipeline.pdf_file import scanned_pdf
from bench.pipeline.taken import Taken
from bench.pipeline.turns import Side, in_turns
from bench.pipeline.whole_run import WholeRun

_DPI: Final = 200
_PAGES_A_DOCUMENT: Final = 20


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
    """Lets the command and its engines alone take turns of half a second. `pages`: JPEGs, which
    travel as they are; `engine`: the settings of an engine's process.

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
            alone = EnginesAlone(pages, engine=engine, engines=engines)
            whole = WholeRun(commands, documents, folder, dpi=_DPI, engines=engines)
            await in_turns(Side(alone.read_all, alone.trees), Side(whole.run, whole.trees))
            start, reading, run = alone.loading, alone.reading, whole.taken
            last = WholeRun(commands, [blank], folder, dpi=_DPI, engines=engines)
            await in_turns(Side(last.run, last.trees))
            run_start = last.taken
            done.append(Round(run=run, run_start=run_start, engines=reading, engines_start=start))
            tell(
                f"round {number}: engines alone {start} + {reading}, "
                f"docr run {run}, of which start and end {run_start}"
            )
    return RunShare(pages=len(pages), engines=engines, rounds=done, load=os.getloadavg()[0])
