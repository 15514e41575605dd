"""Opens a node's HTTP door, in the event loop of the node."""

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import structlog
import uvicorn
from fastapi import FastAPI

log = structlog.get_logger(__name__)

# Beyond what probes and people need; files that others keep open are missing to the node itself.
_CONNECTIONS: Final = 100
# What a connection may still take when the node has read its last page.
_GOODBYE_S: Final = 1


class DoorClosed(Exception):
    """The door cannot be opened, for this reason."""


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where a door listens. `is_loopback`: it is reached from this machine only."""

    listener: socket.socket
    port: int
    is_loopback: bool


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves signals to the command, which stops the node in good order."""
        yield


async def listen(host: str, port: int) -> Address:
    """Takes the address; `port` 0 takes any. Raises: DoorClosed."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, _, _, _, address = found[0]
        listener = socket.create_server(address[:2], family=family)
    except (OSError, UnicodeError) as taken:
        reason = getattr(taken, "strerror", None) or str(taken)
        raise DoorClosed(
            f"{host} port {port} cannot be listened at ({reason}); set WORKER_PORT to a free port, "
            "or 0 for none, and WORKER_HOST to an address of this machine"
        ) from taken
    return Address(
        listener=listener,
        port=listener.getsockname()[1],
        # A scope may follow the address of an interface.
        is_loopback=ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback,
    )


@asynccontextmanager
async def open_door(address: Address, app: FastAPI) -> AsyncIterator["asyncio.Task[None]"]:
    """Answers at the address for as long as the body runs. Yields what ends when the server does,
    which it may do for reasons of its own."""
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="none",
        proxy_headers=False,
        server_header=False,
        limit_concurrency=_CONNECTIONS,
        timeout_graceful_shutdown=_GOODBYE_S,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[address.listener]))
    try:
        yield serving
    finally:
        server.should_exit = True
        await asyncio.wait({serving})
        address.listener.close()
        if not serving.cancelled() and (failed := serving.exception()) is not None:
            log.warning("the node's HTTP door failed", reason=repr(failed))
