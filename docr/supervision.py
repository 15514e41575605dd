"""What a service tells systemd, by the datagrams of sd_notify(3): ready, alive, stopping.

Alive means that the event loop runs and the broker answers. A service that is neither is ended by
systemd's watchdog, and started again.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final

import structlog

from contracts.errors import BrokerUnavailable

log = structlog.get_logger(__name__)

# Of the watchdog's time: two answers may be lost.
_SHARE: Final = 1 / 3


@asynccontextmanager
async def supervised(
    is_alive: Callable[[], Awaitable[None]], *, environment: Mapping[str, str]
) -> AsyncIterator[None]:
    """Tells that the service is ready, and while the body runs that it lives; nothing without
    systemd. `is_alive` raises BrokerUnavailable if it does not; `environment`: of the process."""
    address = environment.get("NOTIFY_SOCKET", "")
    if not address:
        yield
        return
    _tell(address, "READY=1")
    watch = None
    if (every_s := _watchdog_s(environment)) is not None:
        watch = asyncio.create_task(_feed(address, is_alive, every_s * _SHARE))
    try:
        yield
    finally:
        _tell(address, "STOPPING=1")
        if watch is not None:
            watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watch


def _watchdog_s(environment: Mapping[str, str]) -> float | None:
    """The watchdog's time; None if there is none for this process."""
    for_pid = environment.get("WATCHDOG_PID", str(os.getpid()))
    microseconds = environment.get("WATCHDOG_USEC", "")
    if not microseconds.isdecimal() or int(microseconds) == 0 or for_pid != str(os.getpid()):
        return None
    return int(microseconds) / 1e6


async def _feed(address: str, is_alive: Callable[[], Awaitable[None]], every_s: float) -> None:
    while True:
        try:
            await is_alive()
        except BrokerUnavailable as silent:
            log.warning("the watchdog is not told that this service lives", reason=str(silent))
        else:
            _tell(address, "WATCHDOG=1")
        await asyncio.sleep(every_s)


def _tell(address: str, state: str) -> None:
    # A leading @ stands for the zero byte of an abstract socket.
    path = f"\0{address[1:]}" if address.startswith("@") else address
    with (
        contextlib.suppress(OSError),
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notifier,
    ):
        notifier.sendto(state.encode(), path)
