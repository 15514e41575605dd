"""Tells the fleet that this process lives, and what it is doing."""

import asyncio
import contextlib
from typing import Final

import structlog

from broker.fleet import Fleet
from contracts.fleet import HEARTBEAT_S
from ocr_node.activity import Activity
from ocr_node.process_tree import measure
from ocr_node.self_report import SelfReport

log = structlog.get_logger(__name__)

# Pages begin and end far more often than anybody looks.
_LEAST_PAUSE_S: Final = 1.0


class Heartbeat:
    """One report at once, then one every 5 s, and soon after a page has begun or ended."""

    def __init__(self, fleet: Fleet, *, report: SelfReport, activity: Activity) -> None:
        self._fleet = fleet
        self._report = report
        self._activity = activity

    async def run(self) -> None:
        """Tells until it is cancelled."""
        clock = asyncio.get_running_loop().time
        changed = self._activity.changed
        while True:
            changed.clear()
            told_at = clock()
            try:
                await self._tell()
            except Exception:
                # Pages are read all the same.
                log.exception("a heartbeat failed")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(told_at + HEARTBEAT_S):
                    await changed.wait()
            await asyncio.sleep(told_at + _LEAST_PAUSE_S - clock())

    async def _tell(self) -> None:
        if self._activity.measurement_is_due(HEARTBEAT_S):
            # Reads all of /proc, which takes a while on a machine with thousands of processes.
            self._activity.measured(await asyncio.to_thread(measure))
        await self._fleet.report(self._report.now())
