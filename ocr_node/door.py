"""A node process's own door: for probes, and to look at one node alone."""

import asyncio
from dataclasses import dataclass

import structlog

from contracts.api_keys import ApiKeys
from ocr_node.activity import Activity
from ocr_node.direct_reading import DirectReading
from ocr_node.self_report import SelfReport

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class DoorSettings:
    """`port` 0: any that is free. `keys`: who may hand in pages where others can reach the door."""

    host: str
    port: int
    default_language: str
    keys: ApiKeys


class Door:
    """Opens it, if it may and can; a node without one reads pages all the same."""

    def __init__(
        self,
        settings: DoorSettings,
        *,
        reading: DirectReading,
        report: SelfReport,
        activity: Activity,
    ) -> None:
        self._settings = settings
        self._reading = reading
        self._report = report
        self._activity = activity

    async def run(self) -> None:
        """Answers until it is cancelled; returns at once when there can be no door."""
        try:
            await self._answer()
        except Exception:
            log.exception("the node goes on without its HTTP door")

    async def stop_reading(self) -> None:
        """Calls off the page that is being read for somebody: the engine is needed for the page of
        the queue that is still in hand. The door itself stays open, to say so."""
        await self._reading.call_off()

    async def _answer(self) -> None:
        # 9 MB, which nodes without a door need not have.
        from ocr_node.door_app import door_app  # noqa: PLC0415
        from ocr_node.http_door import DoorClosed, listen, open_door  # noqa: PLC0415

        settings = self._settings
        try:
            address = await listen(settings.host, settings.port)
        except DoorClosed as closed:
            log.warning("the node has no HTTP door", reason=str(closed))
            return
        reachable = not address.is_loopback
        if reachable and not settings.keys.are_settled:
            address.listener.close()
            log.warning(
                "the node has no HTTP door",
                reason=f"WORKER_HOST is {settings.host}, which others can reach, and nobody has a "
                "key; set OCR_API_KEYS, or OCR_AUTH=off, or WORKER_HOST=127.0.0.1",
            )
            return
        app = door_app(
            self._reading,
            self._report,
            default_language=settings.default_language,
            keys=settings.keys if reachable and settings.keys.are_asked_for else None,
        )
        try:
            async with open_door(address, app) as serving:
                self._tell(address.port)
                await asyncio.wait({serving})
        finally:
            self._tell(0)

    def _tell(self, port: int) -> None:
        self._report.port = port
        self._activity.changed.set()
