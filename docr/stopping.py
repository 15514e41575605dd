"""Work that signals end."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from types import FrameType
from typing import Any, Final

from docr.event_loop import run_on_quick_loop

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """A signal asked the command to end."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__(number.name)
        self.exit_code = 128 + number


def set_by_signals() -> asyncio.Event:
    """An event that SIGINT or SIGTERM sets; those that come after it are not heard any more.

    asyncio's own handlers are gone as soon as its loop is, and Python's as soon as its modules are:
    a second signal in the last moments of a process that stops in good order would end it badly.
    """
    event = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hear(number: int, frame: FrameType | None) -> None:
        del number, frame
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)
        loop.call_soon_threadsafe(event.set)

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, hear)
    return event


def until_stopped[T](work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Runs `work`; a signal cancels it, and it cleans up. Raises: Stopped then."""

    async def main() -> T:
        task = asyncio.ensure_future(work())
        received: list[signal.Signals] = []

        def stop(number: signal.Signals) -> None:
            # The second Ctrl-C of an impatient user must not interrupt the cleaning up.
            if not received:
                received.append(number)
                task.cancel()

        for number in _SIGNALS:
            # One that is ignored stays so: nohup, and jobs in the background of a script.
            if signal.getsignal(number) is not signal.SIG_IGN:
                asyncio.get_running_loop().add_signal_handler(number, stop, number)
        try:
            return await task
        except asyncio.CancelledError:
            if received:
                raise Stopped(received[0]) from None
            raise

    try:
        return run_on_quick_loop(main())
    finally:
        # asyncio leaves Python's handler there, whose KeyboardInterrupt is a traceback.
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
