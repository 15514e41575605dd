"""What a node process tells of itself: by heartbeats, on NATS and at its own door."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from contracts.fleet import NodeHealth, NodeReport
from ocr_node.activity import Activity


@dataclass(frozen=True, kw_only=True)
class NodeIdentity:
    """What does not change while the process lives. `instance` tells two of one name apart."""

    name: str
    host: str
    version: str
    engine: str
    engines: int
    languages: tuple[str, ...]
    instance: str = field(default_factory=lambda: secrets.token_hex(4))

    def metadata(self) -> dict[str, str]:
        """As `nats micro info` shows it."""
        return {
            "name": self.name,
            "host": self.host,
            "instance": self.instance,
            "engine": self.engine,
            "engines": str(self.engines),
            "languages": ",".join(self.languages),
        }


class SelfReport:
    """The reports of one process. `port`: of its HTTP door, 0 while there is none."""

    def __init__(self, identity: NodeIdentity, activity: Activity) -> None:
        self.identity = identity
        self._activity = activity
        self.port = 0

    def health(self) -> NodeHealth:
        """How the process is; CPU and memory as they were last measured."""
        activity = self._activity
        return NodeHealth(
            status=activity.status,
            worker_name=self.identity.name,
            cpu_percent=activity.cpu_percent,
            memory_percent=activity.usage.memory_percent,
            memory_mb=activity.usage.memory_mb,
            uptime_seconds=activity.uptime_seconds,
            total_requests=activity.total_requests,
        )

    def now(self) -> NodeReport:
        """The whole report."""
        identity, activity = self.identity, self._activity
        return NodeReport(
            name=identity.name,
            instance=identity.instance,
            host=identity.host,
            port=self.port,
            version=identity.version,
            engine=identity.engine,
            engines=identity.engines,
            languages=identity.languages,
            health=self.health(),
            current_pages=activity.current_pages,
            pages=activity.pages,
            errors=activity.errors,
            pages_per_second=activity.pages_per_second,
            core_seconds_per_page=activity.core_seconds_per_page,
            sent_at=datetime.now(UTC),
        )

    def stats(self) -> Mapping[str, Any]:
        """As `nats micro stats` shows it, beside the counters of requests."""
        activity = self._activity
        return {
            "status": activity.status,
            "pages": activity.pages,
            "errors": activity.errors,
            "total_requests": activity.total_requests,
            "memory_mb": activity.usage.memory_mb,
            "memory_percent": activity.usage.memory_percent,
            "cpu_percent": activity.cpu_percent,
            "uptime_seconds": activity.uptime_seconds,
            "pages_per_second": activity.pages_per_second,
            "core_seconds_per_page": activity.core_seconds_per_page,
        }
