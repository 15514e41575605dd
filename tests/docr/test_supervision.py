"""What services tell systemd, with a socket in systemd's place."""

import asyncio
import os
import signal
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.connection import Broker
from contracts.errors import BrokerUnavailable, InvalidOption
from docr.supervision import supervised
from tests.docr.commands import start_docr
from tests.waiting import wait_until


@pytest.fixture
def notified() -> Iterator[socket.socket]:
    # Not pytest's own folder: the path of a socket has at most 107 bytes.
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener,
    ):
        listener.bind(f"{folder}/notify")
        listener.settimeout(60)
        yield listener


def test_a_service_says_that_it_is_ready_alive_and_stopping(
    tmp_path: Path, notified: socket.socket, broker: Broker, broker_url: str
) -> None:
    service = start_docr(
        "aggregator",
        folder=tmp_path,
        NATS_URL=broker_url,
        NOTIFY_SOCKET=notified.getsockname(),
        WATCHDOG_USEC="300000",
    )
    try:
        assert [notified.recv(64) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
        service.send_signal(signal.SIGTERM)
        while (told := notified.recv(64)) == b"WATCHDOG=1":
            pass
        assert told == b"STOPPING=1"
        assert service.wait(60) == 0
    finally:
        service.kill()
        service.wait()


def test_a_service_that_still_waits_for_its_broker_stops_at_once_when_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        url = f"nats://127.0.0.1:{silent.getsockname()[1]}"
        service = start_docr("aggregator", folder=tmp_path, NATS_URL=url)
        try:
            with silent.accept()[0]:
                service.send_signal(signal.SIGTERM)
                # Not only when its patience with the broker is at its end.
                assert service.wait(10) == 0, (tmp_path / "output").read_text()
        finally:
            service.kill()
            service.wait()


async def test_the_watchdog_goes_hungry_while_the_broker_does_not_answer(
    notified: socket.socket,
) -> None:
    asked = asyncio.Event()
    times = 0

    async def silent() -> None:
        nonlocal times
        times += 1
        if times == 3:
            asked.set()
        raise BrokerUnavailable("no answer; see that it runs")

    environment = {"NOTIFY_SOCKET": notified.getsockname(), "WATCHDOG_USEC": "30000"}
    async with supervised(silent, environment=environment):
        await asked.wait()
    assert [notified.recv(64) for _ in range(2)] == [b"READY=1", b"STOPPING=1"]


async def test_the_watchdog_of_another_process_and_no_systemd_at_all_are_no_concern(
    notified: socket.socket,
) -> None:
    async def alive() -> None:
        pytest.fail("nobody is to be told")

    async with supervised(alive, environment={}):
        pass
    others = {
        "NOTIFY_SOCKET": notified.getsockname(),
        "WATCHDOG_USEC": "30000",
        "WATCHDOG_PID": str(os.getpid() + 1),
    }
    async with supervised(alive, environment=others):
        pass
    assert [notified.recv(64) for _ in range(2)] == [b"READY=1", b"STOPPING=1"]


async def test_a_file_is_touched_while_a_service_lives_and_gone_when_it_has_stopped(
    tmp_path: Path,
) -> None:
    alive_file = tmp_path / "alive"
    lives = asyncio.Event()

    async def alive() -> None:
        lives.set()

    async with supervised(alive, environment={}, alive_file=alive_file):
        os.utime(alive_file, (0, 0))
        await lives.wait()
        await wait_until(lambda: alive_file.stat().st_mtime > 0, "the file to be touched")
    assert not alive_file.exists()


async def test_a_file_grows_old_while_the_broker_does_not_answer(tmp_path: Path) -> None:
    alive_file = tmp_path / "alive"
    asked = asyncio.Event()

    async def silent() -> None:
        asked.set()
        raise BrokerUnavailable("no answer; see that it runs")

    async with supervised(silent, environment={}, alive_file=alive_file):
        os.utime(alive_file, (0, 0))
        await asked.wait()
        assert alive_file.stat().st_mtime == 0


async def test_a_file_that_cannot_be_made_is_refused_in_words(tmp_path: Path) -> None:
    async def alive() -> None:
        pytest.fail("nobody is to be told")

    with pytest.raises(InvalidOption, match=r"ALIVE_FILE .* cannot be made"):
        async with supervised(alive, environment={}, alive_file=tmp_path / "no" / "alive"):
            pass
