"""The broker's configurations, keys and certificates, without services."""

import json
import os
import shutil
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nkeys
import pytest

from broker.connection import Broker, BrokerAddress
from broker.user_keys import UserKeys
from contracts.errors import InvalidOption
from docr.alone_in import alone_in
from docr.credentials_command import make_credentials
from tests.deploy.secured_site import NATS
from tests.nats_server import CONFIG, NatsServer, find_binary


def keys_in(folder: Path, *tenants: str) -> UserKeys:
    keys = UserKeys(folder)
    keys.complete(tenants)
    keys.save()
    return keys


@pytest.mark.parametrize("name", ["secure.conf", "secure_cluster.conf"])
def test_the_server_finds_no_mistake_in_a_configuration(tmp_path: Path, name: str) -> None:
    keys_in(tmp_path, "acme")
    made = subprocess.run(
        [NATS / "make_ca.sh", tmp_path, "broker", "127.0.0.1", "broker.example"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    for each in (CONFIG, *NATS.glob("*.conf")):
        shutil.copy(each, tmp_path)
    variables = {
        "NATS_STORE_DIR": f'"{tmp_path / "store"}"',
        "NATS_SERVER_NAME": "broker",
        "NATS_LISTEN": "127.0.0.1:4222",
        "NATS_TLS_CERT": f'"{tmp_path / "broker.pem"}"',
        "NATS_TLS_KEY": f'"{tmp_path / "broker.key"}"',
        "NATS_TLS_CA": f'"{tmp_path / "ca.pem"}"',
        "NATS_CLUSTER_LISTEN": "127.0.0.1:6222",
        "NATS_ROUTES": "[nats-route://127.0.0.1:6222]",
    }
    said = subprocess.run(
        [find_binary(), "-c", tmp_path / name, "-t"],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr


def test_seeds_are_for_their_owner_only_and_no_other_file_holds_one(tmp_path: Path) -> None:
    keys_in(tmp_path / "users", "acme")
    seeds = sorted((tmp_path / "users").glob("*.nk"))
    assert [each.stem for each in seeds] == [
        *("aggregator", "gateway", "ingest", "node", "operator", "reader-acme", "submitter")
    ]
    assert {stat.S_IMODE(each.stat().st_mode) for each in seeds} == {0o600}
    rest = [each for each in (tmp_path / "users").iterdir() if each not in seeds]
    for seed in seeds:
        assert not any(seed.read_text().strip() in each.read_text() for each in rest)


def test_made_again_what_is_there_stays(tmp_path: Path) -> None:
    keys_in(tmp_path)
    before = {each.name: each.read_text() for each in tmp_path.iterdir()}
    keys_in(tmp_path)
    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == before
    with pytest.raises(InvalidOption, match="there is no user 'nobody'; choose of aggregator, "):
        UserKeys(tmp_path).rotate(["nobody"])
    with pytest.raises(InvalidOption, match="tenant 'a b' cannot be used"):
        UserKeys(tmp_path).complete(["a b"])


def test_two_who_make_keys_in_one_folder_leave_the_keys_that_count(tmp_path: Path) -> None:
    with ThreadPoolExecutor() as at_once:
        with alone_in(tmp_path):
            other = at_once.submit(
                make_credentials, tmp_path, tenants=["acme"], rotate=["all"], retire=True
            )
            # What it would read now is not all that there will be.
            keys = UserKeys(tmp_path)
            keys.complete(["other"])
            assert not other.done()
            keys.save()
        other.result(30)
    counting = json.loads((tmp_path / "users.json").read_text())
    seeds = {each.stem: each.read_text().strip() for each in tmp_path.glob("*.nk")}
    assert seeds.keys() == counting.keys() >= {"reader-acme", "reader-other"}
    for name, seed in seeds.items():
        assert [nkeys.from_seed(bytearray(seed, "ascii")).public_key.decode()] == counting[name]


async def test_streams_of_an_open_broker_go_on_where_it_gets_users(tmp_path: Path) -> None:
    keys_in(tmp_path / "users")
    config = tmp_path / "users.conf"
    config.write_text(CONFIG.read_text() + "\ninclude ./users/users.conf\n")
    server = NatsServer(tmp_path / "server")
    server.start()
    try:
        async with await Broker.connect(BrokerAddress(url=server.url), name="test") as broker:
            await broker.jetstream.add_stream(name="SUMMARY", subjects=["ocr.summary.*"])
            await broker.jetstream.publish("ocr.summary.j", b"{}")
        server.stop()
        store = tmp_path / "server" / "store" / "jetstream"
        (store / "$G").rename(store / "OCR")
        server = NatsServer(tmp_path / "server", config=config)
        server.start()
        address = BrokerAddress(url=server.url, credentials=str(tmp_path / "users" / "operator.nk"))
        async with await Broker.connect(address, name="test") as broker:
            found = await broker.jetstream.get_last_msg("SUMMARY", "ocr.summary.j")
            assert found.data == b"{}"
    finally:
        server.kill()
