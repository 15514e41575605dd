"""What becomes of pages when a tenth of the nodes is killed, and when the broker is."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bench.fleet.system import BROKER, System
from bench.fleet.taken_pages import TakenPage

# PAGE_LEASE_SECONDS: after so long a silence a page goes to another node.
_LEASE_S: Final = 30.0
_BEFORE_S: Final = 10.0
_FLOWS_S: Final = 3.0
_FLOWS_SHARE: Final = 0.8
_GIVE_UP_S: Final = 90.0
_LOOK_S: Final = 1.0


@dataclass(frozen=True, kw_only=True)
class NodesKilled:
    """`killed`: so many at once; `handed_over`: pages that others took from them, the first and the
    last of these after so many s."""

    killed: int
    handed_over: int
    first_s: float | None
    last_s: float | None


@dataclass(frozen=True, kw_only=True)
class BrokerKilled:
    """`first_page_s`: from the kill until a page was taken again, from a broker that was started
    again at once; `flows_s`: until four fifths of as many pages a second as before; None: not
    within 90 s."""

    before_pages_per_second: float
    first_page_s: float | None
    flows_s: float | None


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """Under full load; first the nodes, then the broker."""

    nodes: NodesKilled
    broker: BrokerKilled


async def nodes_killed(system: System) -> NodesKilled:
    """Kills one process of nodes, and waits until their leases have ended."""
    began = time.time()
    killed = system.kill_group()
    # A page is noted once it was read.
    await asyncio.sleep(_LEASE_S + 3 * system.plan.page_s + 5 * _LOOK_S)
    again = [
        page.taken_at - began
        for page in system.taken_pages()
        if page.number > 1 and page.taken_at > began
    ]
    return NodesKilled(
        killed=killed,
        handed_over=len(again),
        first_s=min(again, default=None),
        last_s=max(again, default=None),
    )


async def broker_killed(system: System) -> BrokerKilled:
    """Kills the broker, starts it again, and waits until pages flow."""
    began = time.time()
    before = [page for page in system.taken_pages() if began - _BEFORE_S <= page.read_at < began]
    rate = len(before) / _BEFORE_S
    system.kill(BROKER)
    system.start(BROKER)
    while True:
        await asyncio.sleep(_LOOK_S)
        since = [page for page in system.taken_pages() if page.taken_at > began]
        again_at = flows_at(since, rate)
        if again_at is not None or time.time() - began > _GIVE_UP_S:
            break
    return BrokerKilled(
        before_pages_per_second=rate,
        first_page_s=since[0].taken_at - began if since else None,
        flows_s=again_at - began if again_at is not None else None,
    )


def flows_at(taken: Sequence[TakenPage], rate: float) -> float | None:
    """When the first three seconds begin in which nodes took four fifths of what `rate`, pages a
    second, would bring. `taken`: in the order of time."""
    needed = max(1, round(rate * _FLOWS_S * _FLOWS_SHARE))
    for number in range(len(taken) - needed + 1):
        first, last = taken[number], taken[number + needed - 1]
        if last.taken_at - first.taken_at <= _FLOWS_S:
            return first.taken_at
    return None
