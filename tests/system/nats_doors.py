"""What the tests of the NATS doors share: a fleet, and who listens to endings."""

import asyncio
from typing import Any

from tests.raw_nats import RawMessage, RawNats
from tests.running_services import Start
from tests.waiting import wait_until

SERVICES = ("ingest", "node", "aggregator")


WRONG_HEADERS = [
    ("Ocr-Dpi", "many", "whole number of dots per inch"),
    ("Ocr-Language", "klingon", "choose one of"),
    ("Ocr-Pages", "0", "numbers and ranges from 1"),
    ("Ocr-Priority", "urgent", "interactive, bulk"),
    ("Ocr-Tenant", "a b", "letters, digits"),
    ("Ocr-Deadline-Seconds", "-1", "whole number of seconds"),
]


class Endings:
    """Summaries as `ocr.done` tells them, by job."""

    def __init__(self, queue: "asyncio.Queue[RawMessage]") -> None:
        self._queue = queue
        self.told: dict[str, dict[str, Any]] = {}

    @classmethod
    async def of(cls, raw: RawNats) -> "Endings":
        endings = cls(await raw.subscribe("ocr.done.>"))
        await raw.ping()
        return endings

    async def of_job(self, job_id: str, timeout_s: float = 30.0) -> dict[str, Any]:
        async with asyncio.timeout(timeout_s):
            while job_id not in self.told:
                await self._one()
        return self.told[job_id]

    async def any_other(self) -> dict[str, Any]:
        """The next one that ends."""
        return await asyncio.wait_for(self._one(), 30)

    async def _one(self) -> dict[str, Any]:
        message = await self._queue.get()
        summary: dict[str, Any] = message.json()
        assert message.subject == f"ocr.done.{summary['job_id']}"
        assert summary["job_id"] not in self.told, "told twice"
        self.told[summary["job_id"]] = summary
        return summary


async def all_doors(start: Start, raw: RawNats) -> None:
    """Starts a small fleet; returns once `ocr-jobs` answers."""
    for service in SERVICES:
        start(service)
    await wait_until(lambda: answers(raw), "service ocr-jobs to answer", 30.0)


async def answers(raw: RawNats) -> bool:
    return (await raw.request("$SRV.PING.ocr-jobs")).data != b""
