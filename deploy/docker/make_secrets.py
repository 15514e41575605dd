"""Makes the secrets of deploy/compose.yaml in a folder; what is there already stays.

make_secrets.py FOLDER: keys of the HTTP API, the key that seals passwords of documents, and for
each service an nkey, of which broker-users.conf tells the broker the public half.
"""

import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

import nkeys

_SERVICES = ("gateway", "ingest", "node", "aggregator", "operator")


def main(folder: Path) -> None:
    """Files may be read by all: a container's user is nobody's user outside. The folder keeps
    others out."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    _put(folder / "api_keys", lambda: f"admin:{_key()},metrics:{_key()},first:{_key()}")
    keys = dict(each.split(":") for each in (folder / "api_keys").read_text().split(","))
    if "metrics" in keys:
        _put(folder / "metrics_key", lambda: keys["metrics"])
    _put(folder / "secret_key", _key)
    _put(folder / "grafana_password", _key)
    users = []
    for service in _SERVICES:
        seed = folder / f"{service}.nkey"
        _put(seed, lambda: nkeys.encode_seed(os.urandom(32), nkeys.PREFIX_BYTE_USER).decode())
        public = nkeys.from_seed(bytearray(seed.read_bytes().strip())).public_key.decode()
        users.append(f"    # {service}\n    {{ nkey: {public} }}\n")
    _put(
        folder / "broker-users.conf",
        lambda: f"authorization {{\n  users: [\n{''.join(users)}  ]\n}}\n",
    )


def _key() -> str:
    return secrets.token_hex(24)


def _put(path: Path, make: Callable[[], str]) -> None:
    if not path.exists():
        path.write_text(make())
        path.chmod(0o644)
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
