"""Which processes a run has, by name."""

from dataclasses import dataclass
from typing import Final

BROKER: Final = "broker"
BROKERS: Final = ("broker-1", "broker-2", "broker-3")
DOORS: Final = "doors"  # the link of those who submit


@dataclass(frozen=True, kw_only=True)
class Crew:
    """How many of each. `cluster`: three brokers that hold every stream together, in place of one.
    `secured`: users by role and TLS, as deploy/nats has them."""

    ingests: int = 2
    nodes: int = 3
    aggregators: int = 2
    gateways: int = 1
    cluster: bool = False
    secured: bool = False

    @property
    def brokers(self) -> tuple[str, ...]:
        return BROKERS if self.cluster else (BROKER,)

    @property
    def roles(self) -> tuple[tuple[str, ...], ...]:
        """The services, those of one role together."""
        counts = {
            "ingest": self.ingests,
            "node": self.nodes,
            "aggregator": self.aggregators,
            "gateway": self.gateways,
        }
        return tuple(
            tuple(f"{role}-{number}" for number in range(1, count + 1))
            for role, count in counts.items()
        )

    @property
    def services(self) -> tuple[str, ...]:
        return tuple(name for role in self.roles for name in role)
