"""`docr top`: asks, draws, and listens for a key, until somebody has seen enough."""

import asyncio
import contextlib
import os
import signal
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

from rich.console import Console
from rich.live import Live

from broker.connection import Broker, without_password
from broker.refusals import refusals_told
from docr.asking_broker import client_of
from docr.drawing import drawn
from docr.sentences import sentences
from docr.settings import Settings
from docr.stopping import Stopped, until_stopped
from docr.terminal import StdoutLost, print_out
from docr.top.look import Look, look
from docr.top.screen import Frame

_EVERY_S: Final = 1.0
# Where nothing says how high the screen is.
_JOBS_LISTED: Final = 50


def top(settings: Settings, *, once: bool) -> int:
    """The exit code. Raises: BrokerUnavailable if no broker answers at first; StdoutLost."""
    console = Console()
    live = not once and console.is_terminal and not console.is_dumb_terminal
    try:
        until_stopped(lambda: _watch(settings, console) if live else _print(settings))
    except Stopped as stopped:
        return stopped.exit_code
    return 0


def _about(settings: Settings, *, keys: str = "") -> str:
    now = datetime.now(UTC)
    return f"docr top  {without_password(settings.nats_url)}  {now:%H:%M:%S}Z{keys}"


async def _print(settings: Settings) -> None:
    async with client_of(settings) as broker:
        seen = await look(broker, jobs=_JOBS_LISTED)
    frame = Frame(about=_about(settings), seen=seen, trouble=None, now=datetime.now(UTC), cut=False)
    print_out(drawn(lambda console: console.print(frame)))


async def _watch(settings: Settings, console: Console) -> None:
    async with client_of(settings) as broker:
        latest = _Latest()
        with _keys(latest.end), _resizing(latest.wake.set):
            asking = asyncio.create_task(latest.ask_for_ever(broker, console))
            try:
                await _draw(settings, console, latest)
            finally:
                asking.cancel()
                await asyncio.wait({asking})


class _Latest:
    """What was seen last. `wake`: there is something to draw."""

    def __init__(self) -> None:
        self.seen: Look | None = None
        self.trouble: str | None = None
        self.ended = False
        self.wake = asyncio.Event()

    def end(self) -> None:
        self.ended = True
        self.wake.set()

    async def ask_for_ever(self, broker: Broker, console: Console) -> None:
        while True:
            try:
                with refusals_told(broker):
                    self.seen, self.trouble = await look(broker, jobs=console.height), None
            except Exception as wrong:
                # A broker that is away is seen to be so, and asked again.
                self.trouble = "; ".join(sentences(wrong))
            self.wake.set()
            await asyncio.sleep(_EVERY_S)


async def _draw(settings: Settings, console: Console, latest: _Latest) -> None:
    keys = "  q ends it" if sys.stdin.isatty() else "  Ctrl-C ends it"
    try:
        with Live(console=console, screen=True, auto_refresh=False) as screen:
            while not latest.ended:
                frame = Frame(
                    about=_about(settings, keys=keys),
                    seen=latest.seen,
                    trouble=latest.trouble,
                    now=datetime.now(UTC),
                    cut=True,
                )
                screen.update(frame, refresh=True)
                # The clock goes on, however long the broker takes to answer.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_EVERY_S):
                        await latest.wake.wait()
                latest.wake.clear()
    except OSError as gone:  # the terminal was closed
        raise StdoutLost(gone) from gone


@contextlib.contextmanager
def _keys(end: Callable[[], None]) -> Iterator[None]:
    """Calls `end` once q is pressed; nothing that is typed is shown meanwhile."""
    if not sys.stdin.isatty():
        yield
        return
    keyboard = sys.stdin.fileno()
    before = termios.tcgetattr(keyboard)
    loop = asyncio.get_running_loop()

    def pressed() -> None:
        with contextlib.suppress(OSError):
            typed = os.read(keyboard, 64)
            if b"q" in typed.lower() or not typed:
                end()

    tty.setcbreak(keyboard)
    loop.add_reader(keyboard, pressed)
    try:
        yield
    finally:
        loop.remove_reader(keyboard)
        with contextlib.suppress(termios.error):
            termios.tcsetattr(keyboard, termios.TCSADRAIN, before)


@contextlib.contextmanager
def _resizing(tell: Callable[[], None]) -> Iterator[None]:
    """Calls `tell` when the terminal's size has changed."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGWINCH, tell)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGWINCH)
