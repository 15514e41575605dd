"""The node process: its engines, and what it tells of them."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog

from broker.connection import Broker
from broker.fleet import Fleet
from broker.micro import Endpoint, micro_service
from contracts.errors import BrokerUnavailable
from ocr_node.activity import Activity
from ocr_node.door import Door
from ocr_node.heartbeat import Heartbeat
from ocr_node.self_report import SelfReport
from ocr_node.worker import Node

log = structlog.get_logger(__name__)

_SERVICE: Final = "ocr-node"
_RETRY_S: Final = 1.0


class NodeService:
    """All nodes of one process. `door`: its own HTTP door, if it shall have one."""

    def __init__(
        self,
        broker: Broker,
        *,
        nodes: Sequence[Node],
        report: SelfReport,
        activity: Activity,
        door: Door | None = None,
    ) -> None:
        self._broker = broker
        self._nodes = nodes
        self._report = report
        self._activity = activity
        self._door = door
        self._fleet = Fleet(broker)

    async def run(self, stop: asyncio.Event) -> None:
        """Reads pages until `stop` is set. Raises: EngineUnavailable, in an ExceptionGroup."""
        try:
            async with asyncio.TaskGroup() as beside:
                tasks = [
                    beside.create_task(self._notice(stop)),
                    beside.create_task(
                        Heartbeat(self._fleet, report=self._report, activity=self._activity).run()
                    ),
                    beside.create_task(self._answer_requests()),
                ]
                if self._door is not None:
                    tasks.append(beside.create_task(self._door.run()))
                try:
                    async with asyncio.TaskGroup() as engines:
                        for node in self._nodes:
                            engines.create_task(node.run(stop))
                finally:
                    for task in tasks:
                        task.cancel()
        except asyncio.CancelledError:
            raise  # with the broker gone, or about to go, there is no list to leave
        except BaseException:
            await self._fleet.leave(self._report.now())
            raise
        await self._fleet.leave(self._report.now())

    async def _notice(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._activity.is_stopping()
        if self._door is not None:
            await self._door.stop_reading()

    async def _answer_requests(self) -> None:
        identity = self._report.identity
        endpoint = Endpoint(
            name="status",
            subject=f"ocr.node.{identity.name}",
            handler=self._status,
            # Each of several processes of one name answers for itself.
            shared=False,
        )
        while True:
            try:
                async with micro_service(
                    self._broker,
                    name=_SERVICE,
                    version=identity.version,
                    description="reads pages, one at a time on each engine",
                    endpoints=[endpoint],
                    metadata=identity.metadata(),
                    stats=self._report.stats,
                ):
                    await asyncio.Event().wait()
            except BrokerUnavailable as away:
                log.debug("the node is not to be found yet", reason=str(away))
                await asyncio.sleep(_RETRY_S)

    async def _status(self, _: bytes, __: Mapping[str, str]) -> Any:
        return self._report.now().model_dump(mode="json")
