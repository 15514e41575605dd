"""The brokers of a fleet: one, or three that hold every stream together; open, or with users by
role and TLS."""

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.chaos.crew import Crew
from tests.nats_server import CONFIG, find_binary

_DEPLOYED: Final = CONFIG.parent / "deploy" / "nats"
_GIB: Final = 2**30
# What the store may take beyond the streams' shares; a filled store ends here.
_SPARE_BYTES: Final = 64 * 2**20


@dataclass(frozen=True, kw_only=True)
class BrokerCommand:
    """How one broker is started."""

    command: list[str]
    settings: dict[str, str]


def write_config(folder: Path, *, store_gb: int, crew: Crew) -> None:
    """The project's own configuration, with a store that fills within a run. Of a secured crew,
    users.conf must be there already."""
    size = store_gb * _GIB + _SPARE_BYTES
    text, count = re.subn(r"max_file_store: \S+", f"max_file_store: {size}", CONFIG.read_text())
    if count != 1:
        raise RuntimeError("nats-server.conf has no max_file_store that could be made smaller")
    (folder / "nats-server.conf").write_text(text)
    for name in ("secure.conf", "tls.conf"):
        shutil.copy(_DEPLOYED / name, folder)
    for name in ("cluster.conf", "secure_cluster.conf"):
        # Brokers would tell each other, and their clients, of ways past the links.
        closed, count = re.subn(
            r"(\n\s*routes: .*)", r'\1\n  no_advertise: true\n  advertise: "127.0.0.1:9"',
            (_DEPLOYED / name).read_text(),
        )  # fmt: skip
        if count != 1:
            raise RuntimeError(f"{name} has no routes that could be led through links")
        (folder / name).write_text(closed)
    if crew.secured:
        for broker in crew.brokers:
            subprocess.run(
                [_DEPLOYED / "make_ca.sh", folder / "tls", broker, "127.0.0.1"],
                check=True,
                capture_output=True,
            )


def broker_command(
    folder: Path,
    name: str,
    *,
    port: int,
    crew: Crew,
    cluster_port: int = 0,
    routes: Sequence[int] = (),
) -> BrokerCommand:
    """A broker by itself, or of a cluster. `routes`: ports by which it finds the others."""
    settings = {
        "NATS_STORE_DIR": _quoted(folder / name / "store"),
        "NATS_SERVER_NAME": name,
        "NATS_LISTEN": f'"127.0.0.1:{port}"',
        "NATS_CLUSTER_LISTEN": f'"127.0.0.1:{cluster_port}"',
        "NATS_ROUTES": json.dumps([f"nats-route://127.0.0.1:{each}" for each in routes]),
        "NATS_TLS_CERT": _quoted(folder / "tls" / f"{name}.pem"),
        "NATS_TLS_KEY": _quoted(folder / "tls" / f"{name}.key"),
        "NATS_TLS_CA": _quoted(folder / "tls" / "ca.pem"),
    }
    if crew.cluster:
        config = "secure_cluster.conf" if crew.secured else "cluster.conf"
    else:
        config = "secure.conf" if crew.secured else "nats-server.conf"
    return BrokerCommand(
        command=[
            *(str(find_binary()), "-c", str(folder / config)),
            # What nats-server.conf alone says of this is for one broker of a machine.
            *(() if crew.cluster else ("-a", "127.0.0.1", "-p", str(port))),
        ],
        settings=settings,
    )


def _quoted(path: Path) -> str:
    # The server reads the value as a piece of its configuration, hence the quotes.
    return json.dumps(str(path))
