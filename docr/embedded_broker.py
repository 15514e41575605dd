"""A nats-server of our own, for as long as one command runs: free loopback port, private store."""

import asyncio
import contextlib
import json
import os
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import structlog

from contracts.errors import BrokerUnavailable
from docr.server_binary import SERVER_ENVIRONMENT, find_config, find_server
from guard.beside import beside
from guard.parent_death import end_with_parent

log = structlog.get_logger(__name__)

_START_S: Final = 15.0
_STOP_S: Final = 2.0
_RESTART_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 5.0
_LOG: Final = "broker.log"
_CONFIG: Final = "nats-server.conf"
_SYNCED, _UNSYNCED = "sync_interval: always", "sync_interval: 2m"


@asynccontextmanager
async def embedded_broker(
    folder: Path, *, port: int = -1, lasting: bool = True
) -> AsyncIterator[str]:
    """Runs a nats-server with its store in `folder`; yields its URL. `port`: -1 for a free one.
    `lasting`: whether the store is to outlast a power cut; one that this process removes is not,
    and its server gives way to the engines.

    Should it die it is started again, on the same port and store.
    Raises: BrokerUnsuitable, BrokerUnavailable.
    """
    config = find_config() if lasting else _without_sync(find_config(), folder)
    server = _Server(binary=await find_server(), config=config, folder=folder, lasting=lasting)
    server.port = port
    await server.start()
    try:
        async with beside(server.keep_running()):
            yield f"nats://127.0.0.1:{server.port}"
    finally:
        await server.stop()


def _without_sync(config: Path, folder: Path) -> Path:
    """What is written need not be on the disk before it is confirmed: half of a broker's work, and
    a quarter of a second at its start."""
    copy = folder / _CONFIG
    try:
        copy.write_text(config.read_text().replace(_SYNCED, _UNSYNCED))
    except OSError as wrong:
        raise BrokerUnavailable(
            f"{wrong.filename} cannot be read or written ({wrong.strerror}); make room there, or "
            "set TMPDIR to another folder"
        ) from wrong
    return copy


class _Server:
    def __init__(self, *, binary: Path, config: Path, folder: Path, lasting: bool) -> None:
        self._binary = binary
        self._config = config
        self._folder = folder
        self._lasting = lasting
        # The server reads the value as a piece of its configuration, hence the quotes.
        self._env = {**SERVER_ENVIRONMENT, **os.environ, "NATS_STORE_DIR": json.dumps(str(folder))}
        if not lasting:
            # One core feeds 300 engines. With more of them Go's threads wake each other to look for
            # work: a quarter of what the server takes (docs/performance.md).
            self._env.setdefault("GOMAXPROCS", "1")
        self._process: Process | None = None
        self.port = -1  # the server chooses one; later starts keep it

    async def start(self) -> None:
        """Returns once the server listens. Raises: BrokerUnavailable."""
        try:
            self._process = await self._spawn()
        except OSError as wrong:
            self._process = None
            raise BrokerUnavailable(
                f"nats-server cannot be started ({wrong.filename or self._binary}: "
                f"{wrong.strerror}); check the file, free memory and disk space, then try again"
            ) from wrong
        try:
            self.port = await _port_of(self._process, self._folder)
        except BaseException:
            await self.stop()
            raise

    async def _spawn(self) -> Process:
        with (self._folder / _LOG).open("ab") as log_file:
            return await asyncio.create_subprocess_exec(
                str(self._binary),
                *("-c", str(self._config), "-a", "127.0.0.1", "-p", str(self.port)),
                *("--ports_file_dir", str(self._folder)),
                env=self._env,
                stdin=DEVNULL,
                stdout=log_file,
                stderr=log_file,
                # A Ctrl-C on the terminal reaches this process only; it ends the broker last.
                start_new_session=True,
                preexec_fn=end_with_parent,
            )

    async def keep_running(self) -> None:
        """Starts the server again whenever it ends."""
        pause_s = _RESTART_PAUSE_S
        while True:
            if self._process is not None:
                code = await self._process.wait()
                log.error("the broker ended and is started again", exit_code=code)
            await asyncio.sleep(pause_s)
            try:
                await self.start()
                pause_s = _RESTART_PAUSE_S
            except BrokerUnavailable as wrong:
                log.error(  # noqa: TRY400 - the reason says it all
                    "the broker cannot be started again", reason=str(wrong)
                )
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    async def stop(self) -> None:
        """Ends the server. If its store is to outlast it, it has a moment to put it in order."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        if self._lasting:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_STOP_S):
                    await process.wait()
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await process.wait()


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
