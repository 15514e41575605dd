"""Which hosts there are, what each is for, and how it is reached."""

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from contracts.api_keys import ADMIN

Role = Literal["broker", "aggregator", "ingest", "gateway", "node"]
# In the order in which they are started and upgraded: who reads messages goes first, since a
# release reads those of the one before, and not the other way round.
ROLES: Final[tuple[Role, ...]] = ("broker", "aggregator", "node", "ingest", "gateway")
# So on the way back nobody writes new messages any more when their readers go.
ROLES_GOING_BACK: Final = ROLES[::-1]
# That can lose one, or two, and agree on everything all the same.
_CLUSTERS: Final = (1, 3, 5)

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,47}$")]


def _as_text(value: object) -> object:
    """Numbers and truth values as they stand in an environment."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


# systemd and sh read a value in single quotes alike, as long as it holds none.
Value = Annotated[
    str, BeforeValidator(_as_text), StringConstraints(pattern=r"^[^'\n\r\x00]*$", max_length=4000)
]
EnvironmentName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]
Environment = dict[EnvironmentName, Value]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Ssh(_Strict):
    """How a host is reached; what is left out is what the command `ssh` does by itself."""

    user: Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_-]*$")] | None = None
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    key: Path | None = None
    known_hosts: Path | None = None


class OwnCertificates(_Strict):
    """`ca`: PEM of the CA that signed them; `folder`: NAME.pem and NAME.key of each broker's host,
    good for its address."""

    ca: Path
    folder: Path


class Host(_Strict):
    """`address`: at which the other hosts reach it. `python`: the one to use on it, if named."""

    name: Name
    address: str
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    ssh: Ssh = Ssh()
    python: Annotated[str, StringConstraints(pattern=r"^/[^'\s]+$")] | None = None
    settings: Environment = {}

    @field_validator("address")
    @classmethod
    def _address_is_one(cls, address: str) -> str:
        if re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", address):
            return address
        try:
            return str(ip_address(address))
        except ValueError:
            raise ValueError(f"{address!r} is neither an IP address nor a host name") from None

    @field_validator("roles")
    @classmethod
    def _roles_in_order(cls, roles: tuple[Role, ...]) -> tuple[Role, ...]:
        return tuple(role for role in ROLES if role in roles)


class Inventory(_Strict):
    """All that deploy.sh is told. `credentials`: the folder with seeds and keys, made by the first
    run. `api_keys`: names of tenants that get a key for the gateway. `wheelhouse`: folder with all
    packages, for hosts without a package index; `models`: folder for OCR_MODEL_DIR. `tls`: by a
    private CA in the folder of credentials, or by certificates of one's own."""

    hosts: Annotated[tuple[Host, ...], Field(min_length=1)]
    broker_port: Annotated[int, Field(ge=1, le=65535)] = 4222
    cluster_port: Annotated[int, Field(ge=1, le=65535)] = 6222
    tls: bool | OwnCertificates = True
    credentials: Path
    api_keys: Annotated[tuple[Name, ...], Field(min_length=1)] = (ADMIN,)
    ssh: Ssh = Ssh()
    settings: Environment = {}
    role_settings: dict[Role, Environment] = {}
    wheelhouse: Path | None = None
    models: Path | None = None
    nodes_at_a_time: Annotated[int, Field(ge=1, le=1000)] = 1

    @model_validator(mode="after")
    def _is_a_whole_system(self) -> Self:
        for what in ("name", "address"):
            found = [getattr(host, what) for host in self.hosts]
            if twice := sorted({each for each in found if found.count(each) > 1}):
                raise ValueError(f"two hosts have the {what} {', '.join(twice)}; give each its own")
        for role in ("broker", "aggregator", "ingest", "node"):
            if not self.with_role(role):
                raise ValueError(f"no host has the role {role}; give it to one")
        if len(self.brokers) not in _CLUSTERS:
            raise ValueError(
                f"{len(self.brokers)} hosts have the role broker; give it to one, or to three, of "
                "which any may die (or to five)"
            )
        if self.is_cluster and self.tls is False:
            raise ValueError(
                "tls is false, and several hosts have the role broker; without certificates "
                "whoever reaches one of them could join them: leave tls out"
            )
        return self

    def with_role(self, role: Role) -> tuple[Host, ...]:
        """In the inventory's order."""
        return tuple(host for host in self.hosts if role in host.roles)

    @property
    def brokers(self) -> tuple[Host, ...]:
        """The hosts with a broker, which all services use."""
        return self.with_role("broker")

    @property
    def is_cluster(self) -> bool:
        """Whether there are several brokers, which hold everything together."""
        return len(self.brokers) > 1

    def ssh_of(self, host: Host) -> Ssh:
        """The host's own, over that of all."""
        return Ssh(**(self.ssh.model_dump() | host.ssh.model_dump(exclude_none=True)))

    def environment_of(self, host: Host, role: Role) -> Environment:
        """Settings of a service: of all, of its role, of its host; the later wins."""
        return {**self.settings, **self.role_settings.get(role, {}), **host.settings}
