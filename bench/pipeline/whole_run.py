"""`docr run` as its user runs it."""

import asyncio
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from bench.pipeline.fleet import Commands
from bench.pipeline.taken import NOTHING, Taken
from bench.pipeline.turns import Side
from bench.process_tree import Tree
from contracts.errors import BrokerUnavailable
from guard.parent_death import end_with_parent


class WholeRun:
    """The whole command, until everything of it has ended."""

    def __init__(
        self,
        commands: Commands,
        documents: Sequence[Path],
        folder: Path,
        *,
        dpi: int,
        engines: int,
    ) -> None:
        self._command = [
            *(commands.docr, "run", *map(str, documents), "--dpi", str(dpi)),
            *("--out", str(folder / "out"), "--nodes", str(engines)),
        ]
        self._log = folder / "run.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.taken = NOTHING

    def trees(self) -> list[Tree]:
        process = self._process
        return [] if process is None or process.returncode is not None else [Tree(pid=process.pid)]

    async def run(self, side: Side) -> None:
        """Raises: BrokerUnavailable if the command fails."""
        await asyncio.to_thread(self._run, side)

    def _run(self, side: Side) -> None:
        with self._log.open("wb") as log:
            began = side.clock()
            self._process = process = subprocess.Popen(
                self._command,
                stdout=subprocess.DEVNULL,
                stderr=log,
                preexec_fn=end_with_parent,  # noqa: PLW1509 - allocates nothing
            )
            # With what its children took, all of which it has waited for.
            _, status, usage = os.wait4(process.pid, 0)
            wall_s = side.clock() - began
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            said = self._log.read_text(errors="replace").strip()
            raise BrokerUnavailable(
                f"docr run failed in the measurement ({said[-300:]}); see that it reads documents "
                "on this machine, then measure again"
            )
        self.taken = Taken(core_s=usage.ru_utime + usage.ru_stime, wall_s=wall_s)
