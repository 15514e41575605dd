"""Nothing grows without bound: after many small jobs all is as it was after a few.

SOAK_JOBS=2000 is the real thing (`./dev soak`); CI runs a short slice of it.
"""

import asyncio
import os
import sys
from pathlib import Path

from broker.connection import Broker
from contracts import topology
from tests.documents import pdf
from tests.memory import family_mb
from tests.running_services import Start, endings_of, messages_in, nothing_is_left, submit
from tests.waiting import wait_until

JOBS = int(os.environ.get("SOAK_JOBS", "160"))
# What must be level: everything but the outputs and summaries, whose ages a setting limits.
STREAMS = (
    *(topology.SUBMIT, topology.PAGES, topology.RESULTS, topology.DEAD, topology.DEAD_PAGES),
    *(f"KV_{topology.JOBS}", f"OBJ_{topology.UPLOADS}", f"OBJ_{topology.PAGE_IMAGES}"),
)
AT_ONCE = 8


async def test_after_many_jobs_all_is_as_level_as_after_a_few(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    # Outputs and summaries live for seconds here, so that they are level too.
    days = str(20 / 86_400)
    short = {"KEEP_OUTPUTS_DAYS": days, "KEEP_SUMMARIES_DAYS": days, "KEEP_UPLOADS_DAYS": days}
    # What is kept goes with its outputs, see below; all else must be gone when its job is.
    short["KEEP_DOCUMENTS"] = "false"
    services = {name: start(name, **short) for name in ("ingest", "aggregator", "node")}
    slots = asyncio.Semaphore(AT_ONCE)
    document = pdf(1)
    large = pdf(1) + b"\n%" + b"x" * 1_100_000
    series: list[dict[str, float]] = []
    async with endings_of(broker) as endings:

        async def one(number: int) -> None:
            async with slots:
                before = len(endings)
                # Every tenth goes by the bucket.
                content = document if number % 10 else large
                await submit(broker, tmp_path, content, f"job-{number}")
                await wait_until(lambda: len(endings) > before, "some job's end", 60.0)

        async def batch(first: int, last: int) -> None:
            async with asyncio.TaskGroup() as group:
                for number in range(first, last):
                    group.create_task(one(number))
            await wait_until(lambda: len(endings) == last, "every job's end", 60.0)
            await wait_until(lambda: nothing_is_left(broker), "the broker to be tidy", 60.0)
            sample: dict[str, float] = {
                stream: await messages_in(broker, stream) for stream in STREAMS
            }
            for name, process in services.items():
                for place, megabytes in enumerate(family_mb(process.pid).values()):
                    sample[f"{name} {'child' if place else 'MB'} {place or ''}".strip()] = megabytes
            series.append(sample)

        step = JOBS // 8
        for first in range(0, JOBS, step):
            await batch(first, min(first + step, JOBS))
    if os.environ.get("PRINT"):
        for sample in series:
            sys.stderr.write(f"{ {name: round(value, 1) for name, value in sample.items()} }\n")
    early, late = series[1], series[-1]
    for stream in STREAMS:
        assert late[stream] == early[stream] == 0, stream
    for name in early:
        if name not in STREAMS:
            # 10 %, and what an allocator may keep in a short run.
            assert late[name] <= early[name] * 1.1 + (0 if JOBS >= 2000 else 10), (name, series)


async def test_outputs_and_summaries_go_when_their_time_is_over(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    days = str(2 / 86_400)
    kept = {"KEEP_OUTPUTS_DAYS": days, "KEEP_SUMMARIES_DAYS": days, "KEEP_DEAD_PAGES_DAYS": days}
    for service in ("ingest", "aggregator"):
        start(service, **kept)
    start("node", OCR_ECHO_FAULTS="raise:2", MAX_RETRIES="1", **kept)
    async with endings_of(broker) as endings:
        await submit(broker, tmp_path, pdf(2), "job")
        await wait_until(lambda: bool(endings), "the job's end", 30.0)

    async def all_is_gone() -> bool:
        # Documents too, though KEEP_UPLOADS_DAYS would let them wait for a week.
        streams = ("OBJ_OUTPUTS", "OBJ_UPLOADS", topology.SUMMARY, topology.DEAD_PAGES)
        return not any([await messages_in(broker, each) for each in streams])

    await wait_until(all_is_gone, "outputs, summary, document and dead page to expire", 30.0)
