"""The files of a host with a broker: its configuration, users and certificates."""

import re
from typing import Final

from deploy.rollout.certificates import Certificates
from deploy.rollout.credentials import Credentials
from deploy.rollout.host_file import ETC, HostFile
from deploy.rollout.inventory import Host, Inventory
from deploy.rollout.release import ROOT
from docr.settings import Settings

# Where a broker tells of itself, to its own host only.
MONITOR_PORT: Final = 8222
# A full store refuses; a full server store stops JetStream: the server's limit is the larger.
_SERVER_STORE: Final = 4 / 3
_CONFIGURATIONS: Final = (ROOT, ROOT / "deploy" / "nats")
# What one broker without TLS has of deploy/nats/secure.conf.
_WITHOUT_TLS: Final = """
include ./nats-server.conf
include ./users.conf
server_name: $NATS_SERVER_NAME
listen: $NATS_LISTEN
"""
_MORE: Final = f"""
# What it tells of itself: for deploy.sh, and for who looks after it on this host.
http: "127.0.0.1:{MONITOR_PORT}"
# It is stopped within the minute that its unit gives it.
lame_duck_duration: "30s"
lame_duck_grace_period: "1s"
"""
_INCLUDE: Final = re.compile(r"(?m)^include \./(\S+)$")
_VARIABLE: Final = re.compile(r"\$(NATS_\w+)")


def broker_url(inventory: Inventory) -> str:
    """For NATS_URL: all brokers; whom they let in stands in seeds, not here."""
    scheme = "nats" if inventory.tls is False else "tls"
    return ",".join(f"{scheme}://{_at(host, inventory.broker_port)}" for host in inventory.brokers)


def ca_file(host: Host, certificates: Certificates) -> HostFile:
    """For all who speak to a broker: read at their start."""
    return HostFile(path=f"{ETC}/ca.pem", text=certificates.ca, readers=host.roles, reloads=True)


def files_of_broker(inventory: Inventory, host: Host, credentials: Credentials) -> list[HostFile]:
    """All but the CA's certificate."""
    files = [
        HostFile(
            path=f"{ETC}/nats-server.conf",
            text=_configuration(inventory, host),
            readers=("broker",),
        ),
        # Who may do what: one user for all, or users of roles, as the folder of credentials has it.
        HostFile(
            path=f"{ETC}/users.conf", text=credentials.users, readers=("broker",), reloads=True
        ),
    ]
    if credentials.certificates is not None:
        certificate, key = credentials.certificates.pairs[host.name]
        files += [
            HostFile(path=f"{ETC}/broker.{end}", text=text, readers=("broker",), reloads=True)
            for end, text in (("pem", certificate), ("key", key))
        ]
    return files


def store_gb_of(inventory: Inventory) -> int:
    """GB that the broker's streams may take, rounded up."""
    told = inventory.settings.get("STORE_GB")
    return -int(-float(told if told else Settings.model_fields["store_gb"].default) // 1)


def _configuration(inventory: Inventory, host: Host) -> str:
    """What deploy/nats has for such a broker, as one text with its values in it: a server that runs
    reads it again, but not its environment."""
    if inventory.is_cluster:
        text = _text_of("secure_cluster.conf")
    elif inventory.tls is False:
        text = _WITHOUT_TLS
    else:
        text = _text_of("secure.conf")
    while included := [name for name in _INCLUDE.findall(text) if name != "users.conf"]:
        for name in included:
            text = text.replace(f"include ./{name}\n", _text_of(name))
    routes = [f'"nats-route://{_at(each, inventory.cluster_port)}"' for each in inventory.brokers]
    values = {
        "NATS_SERVER_NAME": f'"{host.name}"',
        "NATS_LISTEN": f'"{_at(host, inventory.broker_port)}"',
        "NATS_CLUSTER_LISTEN": f'"{_at(host, inventory.cluster_port)}"',
        "NATS_ROUTES": f"[{', '.join(routes)}]",
        "NATS_TLS_CERT": f'"{ETC}/broker.pem"',
        "NATS_TLS_KEY": f'"{ETC}/broker.key"',
        "NATS_TLS_CA": f'"{ETC}/ca.pem"',
    }
    # The unit names the store.
    text = _VARIABLE.sub(lambda found: values.get(found[1], found[0]), text)
    most_gb = f"{store_gb_of(inventory) * _SERVER_STORE:.0f}GB"
    text = re.sub(r"max_file_store: \S+", f"max_file_store: {most_gb}", text)
    head = (
        "# Written by deploy.sh from nats-server.conf, deploy/nats and the inventory: change these."
    )
    return f"{head}\n{text.lstrip()}{_MORE}"


def _text_of(name: str) -> str:
    """Without the lines at its head, which say how to use the file."""
    (path,) = (folder / name for folder in _CONFIGURATIONS if (folder / name).exists())
    return re.sub(r"\A(#.*\n)+", "", path.read_text())


def _at(host: Host, port: int) -> str:
    address = f"[{host.address}]" if ":" in host.address else host.address
    return f"{address}:{port}"
