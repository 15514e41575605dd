"""The files that a host gets in /etc: settings, seeds, the broker's configuration, limits."""

from collections.abc import Iterable, Mapping
from typing import Final

from deploy.rollout.broker_files import broker_url, ca_file, files_of_broker
from deploy.rollout.credentials import Credentials
from deploy.rollout.host_file import ETC, HostFile
from deploy.rollout.inventory import ROLES, Environment, Host, Inventory, Role
from docr.settings import Settings

_SEALING: Final = ("aggregator", "ingest", "gateway")
# Of each stream, where several brokers can hold them.
_REPLICAS: Final = "3"
_MODELS: Final = "/opt/distributed-ocr/models"
# As the unit has it beside the engines' own limit.
_NODE_ITSELF_GB: Final = 2


def unit_of(role: Role) -> str:
    """The name of its unit."""
    return f"docr-{role}.service"


def files_of(
    inventory: Inventory, host: Host, credentials: Credentials, *, models: str | None
) -> list[HostFile]:
    """`models`: name of the folder of models that was sent. Raises: InventoryWrong."""
    services = tuple(role for role in host.roles if role != "broker")
    common = {"NATS_URL": broker_url(inventory), "WORKER_NAME": host.name}
    if inventory.is_cluster:
        common["NATS_REPLICAS"] = _REPLICAS
    common |= {**inventory.settings, **host.settings}
    if credentials.by_role:
        common["OCR_TOPOLOGY"] = "check"
    found = []
    if credentials.certificates is not None:
        found.append(ca_file(host, credentials.certificates))
        common["NATS_TLS_CA"] = found[0].path
    found.append(HostFile(path=f"{ETC}/docr.env", text=_environment_text(common), readers=services))
    if "broker" in host.roles:
        found += files_of_broker(inventory, host, credentials)
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


def unwanted_of(host: Host, files: Iterable[HostFile]) -> list[str]:
    """Files of roles, and of TLS, that the host does not have, or has no more."""
    wanted = {each.path for each in files}
    of_roles = [
        f"{role}.{end}" for role in ROLES if role not in host.roles for end in ("env", "nk")
    ]
    of_broker = ["users.conf", "ca.pem", "broker.pem", "broker.key"]
    found = [f"{ETC}/{name}" for name in (*of_roles, *of_broker)]
    return [each for each in found if each not in wanted]


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
