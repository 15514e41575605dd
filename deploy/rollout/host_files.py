"""The files that a host gets in /etc: settings, seeds, the broker's configuration, limits."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from deploy.rollout.credentials import Credentials
from deploy.rollout.inventory import ROLES, Environment, Host, Inventory, Role
from deploy.rollout.release import ROOT
from docr.settings import Settings

ETC: Final = "/etc/distributed-ocr"
_SEALING: Final = ("aggregator", "ingest", "gateway")
# A full store refuses; a full server store stops JetStream: the server's limit is the larger.
_SERVER_STORE: Final = 4 / 3
_MODELS: Final = "/opt/distributed-ocr/models"
# As the unit has it beside the engines' own limit.
_NODE_ITSELF_GB: Final = 2


@dataclass(frozen=True, kw_only=True)
class HostFile:
    """`readers`: roles whose service is started anew when it changes."""

    path: str
    text: str
    secret: bool = True
    readers: tuple[Role, ...]

    @property
    def mode(self) -> str:
        """Readable by group docr only, or by all."""
        return "0640" if self.secret else "0644"

    @property
    def sha256(self) -> str:
        """Of its text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def unit_of(role: Role) -> str:
    """The name of its unit."""
    return f"docr-{role}.service"


def broker_url(inventory: Inventory) -> str:
    """For NATS_URL; whom it lets in stands in seeds, not here."""
    address = inventory.broker.address
    return f"nats://{f'[{address}]' if ':' in address else address}:{inventory.broker_port}"


def files_of(
    inventory: Inventory, host: Host, credentials: Credentials, *, models: str | None
) -> list[HostFile]:
    """`models`: name of the folder of models that was sent. Raises: InventoryWrong."""
    services = tuple(role for role in host.roles if role != "broker")
    common = {
        "NATS_URL": broker_url(inventory),
        "WORKER_NAME": host.name,
        **inventory.settings,
        **host.settings,
    }
    if credentials.by_role:
        common["OCR_TOPOLOGY"] = "check"
    found = [HostFile(path=f"{ETC}/docr.env", text=_environment_text(common), readers=services)]
    if "broker" in host.roles:
        found += _of_broker(inventory, credentials)
    for role in services:
        environment = inventory.environment_of(host, role)
        of_role = {
            name: value
            for name, value in inventory.role_settings.get(role, {}).items()
            if name not in host.settings
        }
        own = _own_settings(inventory, host, role, credentials)
        if models is not None:
            own["OCR_MODEL_DIR"] = f"{_MODELS}/{models}"
        found += [
            HostFile(
                path=f"{ETC}/{role}.env",
                text=_environment_text({**own, **of_role}),
                readers=(role,),
            ),
            HostFile(path=f"{ETC}/{role}.nk", text=credentials.seed(role), readers=(role,)),
        ]
        if role == "node" and {"MAX_RAM_GB", "MAX_CPU_CORES"} & environment.keys():
            found.append(_limits(environment))
    return found


def unwanted_of(host: Host) -> list[str]:
    """Files of roles that the host does not have, or has no more."""
    found = [
        f"{ETC}/{role}.{end}" for role in ROLES if role not in host.roles for end in ("env", "nk")
    ]
    return found if "broker" in host.roles else [*found, f"{ETC}/users.conf"]


def configuration_of(files: list[HostFile], role: Role) -> str:
    """A hash of all that the role's service reads at its start."""
    read = [f"{each.path} {each.sha256}" for each in files if role in each.readers]
    return hashlib.sha256("\n".join(sorted(read)).encode()).hexdigest()[:16]


def _own_settings(
    inventory: Inventory, host: Host, role: Role, credentials: Credentials
) -> Environment:
    own = {"NATS_CREDS": f"{ETC}/{role}.nk"}
    if role in _SEALING:
        own["OCR_SECRET_KEY"] = credentials.secret_key
    if role == "gateway":
        if "COORDINATOR_HOST" not in inventory.environment_of(host, role):
            own["COORDINATOR_HOST"] = host.address
        own["OCR_API_KEYS"] = ",".join(
            f"{name}:{credentials.api_key(name)}" for name in inventory.api_keys
        )
    return own


def _environment_text(environment: Mapping[str, str]) -> str:
    lines = ["# Written by deploy.sh from the inventory: change it there."]
    return "\n".join([*lines, *(f"{name}='{value}'" for name, value in environment.items())]) + "\n"


def _of_broker(inventory: Inventory, credentials: Credentials) -> list[HostFile]:
    store_gb = store_gb_of(inventory)
    text = (ROOT / "nats-server.conf").read_text()
    listen = f'listen: "{broker_url(inventory).removeprefix("nats://")}"'
    text = re.sub(r"(?m)^listen: .*$", listen, text)
    text = re.sub(r"max_file_store: \S+", f"max_file_store: {store_gb * _SERVER_STORE:.0f}GB", text)
    head = "# Written by deploy.sh from nats-server.conf and the inventory: change these.\n"
    # Who may do what: one user for all, or users of roles, as the folder of credentials has it.
    text = f"{head}{text}\ninclude ./users.conf\n"
    return [
        HostFile(path=f"{ETC}/nats-server.conf", text=text, readers=("broker",)),
        HostFile(path=f"{ETC}/users.conf", text=credentials.users, readers=("broker",)),
    ]


def store_gb_of(inventory: Inventory) -> int:
    """GB that the broker's streams may take, rounded up."""
    told = inventory.settings.get("STORE_GB")
    return -int(-float(told if told else Settings.model_fields["store_gb"].default) // 1)


def _limits(environment: Environment) -> HostFile:
    fields = Settings.model_fields
    ram_gb = float(environment.get("MAX_RAM_GB") or fields["max_ram_gb"].default)
    cores = int(environment.get("MAX_CPU_CORES") or fields["max_cpu_cores"].default)
    memory_mb = round((ram_gb + _NODE_ITSELF_GB) * 1024)
    text = (
        "# Written by deploy.sh: MAX_RAM_GB for the engines, 2 GB for the rest; MAX_CPU_CORES.\n"
        f"[Service]\nMemoryMax={memory_mb}M\nCPUQuota={cores * 100}%\n"
    )
    return HostFile(
        path=f"/etc/systemd/system/{unit_of('node')}.d/limits.conf",
        text=text,
        secret=False,
        readers=("node",),
    )
