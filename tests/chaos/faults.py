"""Does what the schedule says to the fleet, and takes it back again."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from nats.aio.client import Client

from tests.chaos.crew import BROKERS
from tests.chaos.filler import empty, fill
from tests.chaos.fleet import Fleet
from tests.chaos.leader import end_leader
from tests.chaos.process import Supervised
from tests.chaos.schedule import ALL_BROKERS, LEADERS, Fault

log = structlog.get_logger(__name__)

_LONGEST_DELAY_S: Final = 1.5


@dataclass(frozen=True, kw_only=True)
class Suffered:
    """A fault that was brought, and lifted at `lifted_s` of the run's clock."""

    fault: Fault
    began_s: float
    lifted_s: float


class Faults:
    """Brings the faults of a schedule, each at its time."""

    def __init__(self, fleet: Fleet, client: Client, *, clock: Callable[[], float]) -> None:
        self._fleet = fleet
        self._client = client
        self._jetstream = client.jetstream(timeout=10)
        self._clock = clock
        self.suffered: list[Suffered] = []
        # Leaders that were killed: whether a message was on its way to them.
        self.leaders: list[bool] = []

    async def run(self, schedule: Sequence[Fault]) -> None:
        """Returns once the last fault is lifted."""
        async with asyncio.TaskGroup() as group:
            for fault in schedule:
                await asyncio.sleep(max(0.0, fault.at_s - self._clock()))
                group.create_task(self._suffer(fault))

    async def _suffer(self, fault: Fault) -> None:
        began_s = self._clock()
        log.info(
            "fault",
            number=fault.number,
            kind=fault.kind,
            target=fault.target,
            at_s=round(began_s, 2),
            lasts_s=fault.lasts_s,
        )
        match fault.kind:
            case "kill" if fault.target in LEADERS:
                began_s = await self._end_leader(fault)
            case "kill" | "restart":
                hit = self._hit(fault.target)
                for process in hit:
                    process.end(signal.SIGKILL if fault.kind == "kill" else signal.SIGTERM)
                await asyncio.sleep(fault.lasts_s)
                for process in hit:
                    process.begin()
            case "isolate":
                self._fleet.routes.cut_off(fault.target)
                await asyncio.sleep(fault.lasts_s)
                self._fleet.routes.join(fault.target)
            case "freeze":
                process = self._fleet.processes[fault.target]
                process.freeze()
                await asyncio.sleep(fault.lasts_s)
                process.thaw()
            case "fill":
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(fault.lasts_s):
                        await fill(self._jetstream, fault.target)
                await empty(self._jetstream, fault.target)
            case "cut" | "drop" | "delay" | "half_close":
                link = self._fleet.links[fault.target]
                link.fail(
                    fault.kind,
                    delay_s=fault.strength * _LONGEST_DELAY_S,
                    toward_broker=fault.strength < 0.5,
                )
                await asyncio.sleep(fault.lasts_s)
                link.heal()
        self.suffered.append(Suffered(fault=fault, began_s=began_s, lifted_s=self._clock()))
        log.info("fault lifted", number=fault.number, at_s=round(self._clock(), 2))

    async def _end_leader(self, fault: Fault) -> float:
        """When it was ended, on the run's clock."""
        began_s = [self._clock()]

        def end(broker: str) -> None:
            self._fleet.processes[broker].end(signal.SIGKILL)
            began_s.append(self._clock())

        stream = fault.target.partition("-")[2]
        leader, in_mid_publish = await end_leader(self._client, stream, end)
        self.leaders.append(in_mid_publish)
        log.info("leader ended", number=fault.number, broker=leader, mid_publish=in_mid_publish)
        await asyncio.sleep(max(0.0, began_s[-1] + fault.lasts_s - self._clock()))
        self._fleet.processes[leader].begin()
        return began_s[-1]

    def _hit(self, target: str) -> list[Supervised]:
        names = BROKERS if target == ALL_BROKERS else (target,)
        return [self._fleet.processes[name] for name in names]
