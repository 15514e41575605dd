"""What a service tells who watches it: systemd, by the datagrams of sd_notify(3), and the health
checks of containers, by the age of a file.

Alive means that the event loop runs and the broker answers. A service that is neither is ended by
systemd's watchdog, or by the container's, and started again.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import structlog

from contracts.errors import BrokerUnavailable, InvalidOption

log = structlog.get_logger(__name__)

# Of the watchdog's time: two answers may be lost.
_SHARE: Final = 1 / 3
# Health checks take a file of 90 s for dead, as the watchdog of the systemd units does.
_TOUCH_EVERY_S: Final = 10.0


@asynccontextmanager
async def supervised(
    is_alive: Callable[[], Awaitable[None]],
    *,
    environment: Mapping[str, str],
    alive_file: Path | None = None,
) -> AsyncIterator[None]:
    """Tells that the service is ready, and while the body runs that it lives; nothing where nobody
    asks. `is_alive` raises BrokerUnavailable if it does not; `environment`: of the process;
    `alive_file`: is touched every 10 s while it lives, and removed when it stops.

    Raises: InvalidOption if `alive_file` cannot be made.
    """
    address = environment.get("NOTIFY_SOCKET", "")
    watches = []
    if alive_file is not None:
        _begin(alive_file)
        watches.append(_feed(lambda: _touch(alive_file), is_alive, _TOUCH_EVERY_S))
    if address:
        _tell(address, "READY=1")
        if (every_s := _watchdog_s(environment)) is not None:
            watches.append(_feed(lambda: _tell(address, "WATCHDOG=1"), is_alive, every_s * _SHARE))
    tasks = [asyncio.create_task(each) for each in watches]
    try:
        yield
    finally:
        if address:
            _tell(address, "STOPPING=1")
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if alive_file is not None:
            with contextlib.suppress(OSError):
                alive_file.unlink(missing_ok=True)


def _watchdog_s(environment: Mapping[str, str]) -> float | None:
    """The watchdog's time; None if there is none for this process."""
    for_pid = environment.get("WATCHDOG_PID", str(os.getpid()))
    microseconds = environment.get("WATCHDOG_USEC", "")
    if not microseconds.isdecimal() or int(microseconds) == 0 or for_pid != str(os.getpid()):
        return None
    return int(microseconds) / 1e6


async def _feed(
    tell: Callable[[], None], is_alive: Callable[[], Awaitable[None]], every_s: float
) -> None:
    while True:
        try:
            await is_alive()
        except BrokerUnavailable as silent:
            log.warning("the watchdog is not told that this service lives", reason=str(silent))
        else:
            tell()
        await asyncio.sleep(every_s)


def _begin(alive_file: Path) -> None:
    try:
        alive_file.touch()
    except OSError as wrong:
        raise InvalidOption(
            f"ALIVE_FILE {alive_file} cannot be made ({wrong.strerror}); name a file in a folder "
            "that this user may write to"
        ) from wrong


def _touch(alive_file: Path) -> None:
    # A full disk must not end a service that lives.
    with contextlib.suppress(OSError):
        alive_file.touch()


def _tell(address: str, state: str) -> None:
    # A leading @ stands for the zero byte of an abstract socket.
    path = f"\0{address[1:]}" if address.startswith("@") else address
    with (
        contextlib.suppress(OSError),
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notifier,
    ):
        notifier.sendto(state.encode(), path)
