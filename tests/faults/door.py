"""A front door in a process of its own: `python -m tests.faults.door URL FILE [FAIL_POINT]`."""

import asyncio
import sys
from pathlib import Path

from broker.connection import Broker, BrokerAddress
from broker.submissions import SubmitQueue
from contracts.job_options import JobOptions
from faults.fail_points import arm


async def main(url: str, path: str, fail_points: str = "") -> None:
    """Hands in the file as job `job`."""
    arm(fail_points)
    async with await Broker.connect(BrokerAddress(url=url), name="door") as broker:
        await SubmitQueue(broker).submit_file(Path(path), job_id="job", options=JobOptions(dpi=72))


asyncio.run(main(*sys.argv[1:]))
