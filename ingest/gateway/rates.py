"""How much one key may hand in: token buckets, by name."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ingest.gateway.problems import Refused

_MINUTE_S: Final = 60.0
_MB: Final = 1_000_000


@dataclass
class _Bucket:
    """Fills steadily up to a minute's worth. May go below empty: who took too much waits longer."""

    per_minute: float
    level: float
    filled_at: float

    def wait_s(self, now: float) -> float:
        """0 if something may be taken, or how long until then."""
        gained = (now - self.filled_at) * self.per_minute / _MINUTE_S
        self.level = min(self.per_minute, self.level + gained)
        self.filled_at = now
        return 0.0 if self.level > 0 else (1e-6 - self.level) * _MINUTE_S / self.per_minute


class Rates:
    """Jobs and MB a minute and name; 0 is no limit. `clock` counts seconds."""

    def __init__(
        self, *, jobs_per_minute: int, mb_per_minute: int, clock: Callable[[], float]
    ) -> None:
        given = {"jobs": float(jobs_per_minute), "bytes": float(mb_per_minute) * _MB}
        self._limits = {kind: limit for kind, limit in given.items() if limit}
        self._clock = clock
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def admit(self, name: str) -> None:
        """Takes one job. Raises: Refused (429)."""
        wait_s = max(
            (self._bucket(name, kind).wait_s(self._clock()) for kind in self._limits), default=0.0
        )
        if wait_s > 0:
            raise Refused(
                429,
                f"{name} has handed in more than it may a minute; "
                f"try again in {math.ceil(wait_s)} s",
                headers={"Retry-After": str(math.ceil(wait_s))},
            )
        self._take(name, "jobs", 1)

    def spend(self, name: str, size_bytes: int) -> None:
        """Counts bytes that came in."""
        self._take(name, "bytes", size_bytes)

    def _take(self, name: str, kind: str, amount: float) -> None:
        if kind in self._limits:
            self._bucket(name, kind).level -= amount

    def _bucket(self, name: str, kind: str) -> _Bucket:
        limit = self._limits[kind]
        return self._buckets.setdefault(
            (name, kind), _Bucket(per_minute=limit, level=limit, filled_at=self._clock())
        )
