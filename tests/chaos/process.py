"""A process under a supervisor that starts it again whenever it ends, as systemd would."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.processes import children_of

RESTART_PAUSE_S: Final = 0.5
_BEGUN: Final = "service started"
_STOP_S: Final = 15.0
NO_COMMAND: Final = 127  # what a shell says of a program that is not there
# The kernel ends the process when this one is gone, however it went. A preexec_fn would need no
# interpreter, but must not be used beside threads. 1: PR_SET_PDEATHSIG, 9: SIGKILL. 0, 0: this
# process's priority.
_LAUNCHER: Final = (
    "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 9); "
    "os.setpriority(0, 0, int(sys.argv[1])); os.execv(sys.argv[2], sys.argv[2:])"
)


@dataclass(frozen=True, kw_only=True)
class Ending:
    """A process that ended although nobody here ended it. Negative codes are signals. `began`:
    whether it had said that it is at work."""

    name: str
    code: int
    at_s: float
    began: bool = False


class Supervised:
    """One process, started again until `stop`. Its output is appended to `folder`/output."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        clock: Callable[[], float],
        niceness: int = 0,
    ) -> None:
        self.name = name
        self.folder = folder
        self._command = command
        self._environment = environment
        self._clock = clock
        self._niceness = niceness
        self._written_before = 0  # characters, by its incarnations before this one
        self._process: Process | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._may_start = asyncio.Event()
        self._may_start.set()
        self._expected_end = False
        self._frozen: list[int] = []
        self.surprises: list[Ending] = []
        self.stubborn = False  # did not end when it was asked to

    @property
    def output(self) -> str:
        """What all its incarnations wrote."""
        with contextlib.suppress(OSError):
            return (self.folder / "output").read_text(errors="replace")
        return ""

    def has_started(self) -> bool:
        """Whether it ever said that it is at work."""
        return _BEGUN in self.output

    async def start(self) -> None:
        """Starts the process and its supervisor."""
        self.folder.mkdir(parents=True, exist_ok=True)
        await self._start()
        self._supervisor = asyncio.create_task(self._supervise())

    async def _start(self) -> None:
        self._expected_end = False
        self._written_before = len(self.output)
        with (self.folder / "output").open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-S", "-P", "-c", _LAUNCHER),
                str(self._niceness),
                *self._command,
                cwd=self.folder,
                env=self._environment,
                stdin=DEVNULL,
                stdout=output,
                stderr=output,
                # A Ctrl-C on the terminal reaches the suite only, which then ends its processes.
                start_new_session=True,
            )

    async def _supervise(self) -> None:
        while self._process is not None:
            code = await self._process.wait()
            if not self._expected_end:
                began = _BEGUN in self.output[self._written_before :]
                self.surprises.append(
                    Ending(name=self.name, code=code, at_s=self._clock(), began=began)
                )
                await asyncio.sleep(RESTART_PAUSE_S)
            await self._may_start.wait()
            await self._start_again()

    async def _start_again(self) -> None:
        while True:
            try:
                await self._start()
            except OSError:
                # Nothing to start, as while the environment is being installed anew.
                self.surprises.append(Ending(name=self.name, code=NO_COMMAND, at_s=self._clock()))
                await asyncio.sleep(RESTART_PAUSE_S)
            else:
                return

    def end(self, number: signal.Signals) -> None:
        """Sends SIGKILL or SIGTERM, and keeps the process from being started until `begin`."""
        self._may_start.clear()
        self._expected_end = True
        self._signal(number)

    def begin(self) -> None:
        """Lets the supervisor start it again: at once, or as soon as it has ended."""
        self._may_start.set()

    def freeze(self) -> None:
        """Stops the process and its children, as a paused machine would."""
        if self._process is not None and self._process.returncode is None:
            self._signal(signal.SIGSTOP)
            self._frozen = [self._process.pid, *children_of(self._process.pid)]
            self._tell_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets them go on."""
        self._tell_all(signal.SIGCONT)
        self._frozen = []

    def _tell_all(self, number: signal.Signals) -> None:
        # Nobody reaps the children of a stopped process: the numbers still mean the same ones.
        for pid in self._frozen:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, number)

    async def stop(self) -> None:
        """Ends supervisor and process: by SIGTERM, and by SIGKILL if that is not heard."""
        supervisor, self._supervisor = self._supervisor, None
        if supervisor is not None:
            supervisor.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await supervisor
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        self.thaw()
        try:
            process.terminate()
            async with asyncio.timeout(_STOP_S):
                await process.wait()
        except TimeoutError:
            self.stubborn = True
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
