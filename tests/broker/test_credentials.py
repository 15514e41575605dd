"""Brokers that know their users by nkey, or by JWT."""

import base64
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nkeys
import pytest

from broker.connection import Broker, BrokerAddress
from contracts.errors import BrokerUnavailable, BrokerUnsuitable
from tests.nats_server import CONFIG, NatsServer

SYSTEM_TIME = 1_700_000_000  # of the tokens; none of them expires


def seed_of(kind: int) -> str:
    return bytes(nkeys.encode_seed(os.urandom(32), kind)).decode()


def public_of(seed: str) -> str:
    return bytes(nkeys.from_seed(bytearray(seed.encode())).public_key).decode()


def token(*, issuer: str, subject: str, name: str, claims: dict[str, Any]) -> str:
    """A NATS JWT, version 2."""

    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).decode().rstrip("=")

    payload = {
        "jti": name,
        "iat": SYSTEM_TIME,
        "iss": public_of(issuer),
        "name": name,
        "sub": subject,
        "nats": {**claims, "version": 2},
    }
    head = part(json.dumps({"typ": "JWT", "alg": "ed25519-nkey"}).encode())
    body = part(json.dumps(payload).encode())
    signature = nkeys.from_seed(bytearray(issuer.encode())).sign(f"{head}.{body}".encode())
    return f"{head}.{body}.{part(bytes(signature))}"


def account_token(operator: str, account: str, more: dict[str, int]) -> str:
    unlimited = dict.fromkeys(
        ("subs", "data", "payload", "imports", "exports", "conn", "leaf", "streams", "consumer"), -1
    )
    claims = {"type": "account", "limits": {**unlimited, "wildcards": True, **more}}
    return token(issuer=operator, subject=public_of(account), name="account", claims=claims)


@contextmanager
def server_with(folder: Path, lines: str) -> Iterator[NatsServer]:
    config = folder / "server.conf"
    config.write_text(CONFIG.read_text() + lines)
    server = NatsServer(folder / "server", config=config)
    server.start()
    try:
        yield server
    finally:
        server.kill()


async def test_a_user_with_an_nkey_is_let_in_and_a_stranger_is_told_what_to_set(
    tmp_path: Path,
) -> None:
    known, stranger = seed_of(nkeys.PREFIX_BYTE_USER), seed_of(nkeys.PREFIX_BYTE_USER)
    (tmp_path / "known.nk").write_text(known + "\n")
    (tmp_path / "stranger.nk").write_text(stranger)
    users = f"\nauthorization {{ users: [{{ nkey: {public_of(known)} }}] }}\n"
    with server_with(tmp_path, users) as server:
        address = BrokerAddress(url=server.url, credentials=str(tmp_path / "known.nk"))
        async with await Broker.connect(address, name="known") as broker:
            assert broker.client.is_connected
        address = BrokerAddress(url=server.url, credentials=str(tmp_path / "stranger.nk"))
        with pytest.raises(BrokerUnavailable, match="refuses this user; set NATS_CREDS"):
            await Broker.connect(address, name="stranger", wait_s=2)


async def test_a_user_with_a_creds_file_is_let_in(tmp_path: Path) -> None:
    operator = seed_of(nkeys.PREFIX_BYTE_OPERATOR)
    account, system = seed_of(nkeys.PREFIX_BYTE_ACCOUNT), seed_of(nkeys.PREFIX_BYTE_ACCOUNT)
    user = seed_of(nkeys.PREFIX_BYTE_USER)
    limits = {"subs": -1, "data": -1, "payload": -1}
    of_account = account_token(operator, account, {"mem_storage": -1, "disk_storage": -1})
    of_system = account_token(operator, system, {})
    of_operator = token(
        issuer=operator, subject=public_of(operator), name="site", claims={"type": "operator"}
    )
    of_user = token(
        issuer=account, subject=public_of(user), name="node", claims={"type": "user", **limits}
    )
    (tmp_path / "node.creds").write_text(
        f"-----BEGIN NATS USER JWT-----\n{of_user}\n------END NATS USER JWT------\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{user}\n------END USER NKEY SEED------\n"
    )
    trusted = (
        f"\noperator: {of_operator}\nresolver: MEMORY\n"
        f"system_account: {public_of(system)}\n"
        f"resolver_preload: {{ {public_of(account)}: {of_account}\n"
        f"  {public_of(system)}: {of_system} }}\n"
    )
    with server_with(tmp_path, trusted) as server:
        address = BrokerAddress(url=server.url, credentials=str(tmp_path / "node.creds"))
        async with await Broker.connect(address, name="node") as broker:
            assert broker.client.is_connected


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe", b"SUNOSEED", b"two words"])
async def test_a_file_without_a_seed_is_named_before_anything_is_tried(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "my.creds"
    if content is not None:
        path.write_bytes(content)
    address = BrokerAddress(url="nats://127.0.0.1:9", credentials=str(path))
    with pytest.raises(BrokerUnsuitable, match=f"NATS_CREDS names {path}, which .*; "):
        await Broker.connect(address, name="nobody")
