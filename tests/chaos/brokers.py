"""The brokers of a fleet: one, or three that hold every stream together."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.nats_server import CONFIG, find_binary

CLUSTER_CONFIG: Final = CONFIG.parent / "deploy" / "nats" / "cluster.conf"
_GIB: Final = 2**30
# What the store may take beyond the streams' shares; a filled store ends here.
_SPARE_BYTES: Final = 64 * 2**20


@dataclass(frozen=True, kw_only=True)
class BrokerCommand:
    """How one broker is started."""

    command: list[str]
    settings: dict[str, str]


def write_config(folder: Path, *, store_gb: int) -> None:
    """The project's own configuration, with a store that fills within a run."""
    size = store_gb * _GIB + _SPARE_BYTES
    text, count = re.subn(r"max_file_store: \S+", f"max_file_store: {size}", CONFIG.read_text())
    if count != 1:
        raise RuntimeError("nats-server.conf has no max_file_store that could be made smaller")
    (folder / "nats-server.conf").write_text(text)
    # Brokers would tell each other, and their clients, of ways past the links.
    closed, count = re.subn(
        r"(\n\s*routes: .*)", r'\1\n  no_advertise: true\n  advertise: "127.0.0.1:9"',
        CLUSTER_CONFIG.read_text(),
    )  # fmt: skip
    if count != 1:
        raise RuntimeError("cluster.conf has no routes that could be led through links")
    (folder / "cluster.conf").write_text(closed)


def alone(folder: Path, name: str, *, port: int) -> BrokerCommand:
    """A broker by itself."""
    return BrokerCommand(
        command=[
            *(str(find_binary()), "-c", str(folder / "nats-server.conf")),
            *("-a", "127.0.0.1", "-p", str(port)),
        ],
        settings={"NATS_STORE_DIR": _quoted(folder / name / "store")},
    )


def member(
    folder: Path, name: str, *, port: int, cluster_port: int, routes: Sequence[int]
) -> BrokerCommand:
    """A broker of a cluster. `routes`: ports by which it finds the others."""
    return BrokerCommand(
        command=[str(find_binary()), "-c", str(folder / "cluster.conf")],
        settings={
            "NATS_STORE_DIR": _quoted(folder / name / "store"),
            "NATS_SERVER_NAME": name,
            "NATS_LISTEN": f'"127.0.0.1:{port}"',
            "NATS_CLUSTER_LISTEN": f'"127.0.0.1:{cluster_port}"',
            "NATS_ROUTES": json.dumps([f"nats-route://127.0.0.1:{each}" for each in routes]),
        },
    )


def _quoted(path: Path) -> str:
    # The server reads the value as a piece of its configuration, hence the quotes.
    return json.dumps(str(path))
