"""A process of simulated nodes, each with a connection of its own, for `docr bench fleet`.

Settings come from the environment, as a node's; what to simulate, as JSON, from the command line.
"""

import asyncio
import contextlib
import json
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bench.fleet.simulated_node import PageTimes, SimulatedActivity, simulated_node
from bench.fleet.taken_pages import Notebook
from broker.release import release
from broker.roles import NODE
from contracts.errors import OcrError
from contracts.languages import BUNDLED_SCRIPTS, languages_of
from docr.event_loop import run_on_quick_loop
from docr.logs import configure_logging
from docr.services import connected
from docr.settings import Settings, load_settings
from guard.page_sized_blocks import keep_page_sized_blocks
from guard.rare_collection import collect_rarely
from ocr_node.self_report import NodeIdentity, SelfReport
from ocr_node.service import NodeService

# As many set themselves up at the same time in each process.
_STARTING: Final = 8
_AGAIN_S: Final = 1.0


def main() -> None:
    """Until it is told to stop."""
    settings = load_settings()
    configure_logging(settings.log_level or "error")
    keep_page_sized_blocks()
    collect_rarely()
    run_on_quick_loop(_Nodes(settings, json.loads(sys.argv[1])).run())


class _Nodes:
    """`plan`: numbers `first` and `count` of the nodes, `page_s`, `spread`, `seed`, `notes`: the
    file that pages are noted in."""

    def __init__(self, settings: Settings, plan: Mapping[str, Any]) -> None:
        self._settings = settings
        self._plan = plan
        self._notebook = Notebook(Path(plan["notes"]))
        self._places = asyncio.Semaphore(_STARTING)
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Until a signal."""
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self._stop.set)
        first, count = self._plan["first"], self._plan["count"]
        async with asyncio.TaskGroup() as group:
            for node in range(first, first + count):
                group.create_task(self._keep(node))

    async def _keep(self, number: int) -> None:
        while not self._stop.is_set():
            # A real one would be started again by its supervisor.
            with contextlib.suppress(OcrError):
                await self._one(number)
                return
            await asyncio.sleep(_AGAIN_S)

    async def _one(self, number: int) -> None:
        plan, name = self._plan, f"simulated-{number}"
        async with contextlib.AsyncExitStack() as stack:
            async with self._places:
                broker = await stack.enter_async_context(
                    connected(self._settings, name=f"docr {name}", role=NODE)
                )
            activity = SimulatedActivity()
            identity = NodeIdentity(
                name=name,
                host=socket.gethostname(),
                version=release(),
                engine="simulated",
                engines=1,
                languages=languages_of(BUNDLED_SCRIPTS),
            )
            node = simulated_node(
                broker,
                name=name,
                activity=activity,
                times=PageTimes(
                    mean_s=plan["page_s"], spread=plan["spread"], seed=f"{plan['seed']}-{number}"
                ),
                notebook=self._notebook,
                renew_every_s=self._settings.page_lease_seconds / 3,
            )
            report = SelfReport(identity, activity)
            await NodeService(broker, nodes=[node], report=report, activity=activity).run(
                self._stop
            )


if __name__ == "__main__":
    main()
