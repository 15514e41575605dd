"""One size of fleet: at rest, asked for single pages, and with as much to read as it takes."""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import psutil

from bench.fleet.feed import Feed
from bench.fleet.figures import BusyWindow, Step, Window
from bench.fleet.recovery import Recovery, broker_killed, nodes_killed
from bench.fleet.system import BROKER, GROUPS, FleetPlan, System
from bench.fleet.taken_pages import TakenPage, quantile
from bench.pipeline.fleet import spent
from bench.pipeline.paper import numbered_scan
from bench.pipeline.pdf_file import scanned_pdf
from broker.connection import Broker, BrokerAddress
from broker.fleet import Fleet
from contracts.errors import BrokerUnavailable

# Few pixels: decoding them is an engine's work, and no engine reads here.
_DPI: Final = 50
_DIFFERENT: Final = 20
# Jobs that are open at a time, for each ingest, which works on four.
_JOBS: Final = 6
_SETTLE_S: Final = 3.0
_ASKED: Final = 20
_ASKED_TIMES: Final = 3
_WARM_UP_JOBS: Final = 4


@asynccontextmanager
async def _window(system: System) -> AsyncIterator[list[Window]]:
    """Fills the list when the body ends."""
    found: list[Window] = []
    before, machine, messages = (
        system.core_seconds(),
        psutil.cpu_times(),
        system.broker_state().messages,
    )
    begin = time.time()
    yield found
    end, after = time.time(), system.core_seconds()
    found.append(
        Window(
            begin=begin,
            end=end,
            core_s=spent(before, after),
            machine=_machine(machine, psutil.cpu_times()),
            messages=system.broker_state().messages - messages,
            load=os.getloadavg()[0],
        )
    )


def _machine(before: Any, after: Any) -> float:
    all_s = sum(after) - sum(before)
    idle_s = after.idle - before.idle + getattr(after, "iowait", 0.0) - getattr(before, "iowait", 0)
    return 1.0 - idle_s / all_s if all_s > 0 else 0.0


async def measure_step(
    system: System,
    folder: Path,
    *,
    rounds: int,
    seconds: float,
    recovery: bool,
    limit_s: float,
    tell: Callable[[str], None],
) -> Step:
    """Starts the system and measures. `rounds`: windows under load, of so many `seconds`;
    `limit_s`: for how long nodes are waited for, then jobs.

    Raises: BrokerUnavailable.
    """
    plan = system.plan
    system.start_services()
    address = BrokerAddress(url=system.url)
    async with await Broker.connect(address, name="docr bench", wait_s=30) as broker:
        await _until_served(system, broker, limit_s)
        began, before = time.time(), system.core_seconds()[BROKER].tree
        system.start_nodes()
        await _until_ready(system, broker, limit_s)
        start_s, start_core_s = time.time() - began, system.core_seconds()[BROKER].tree - before
        tell(f"{plan.nodes} nodes: ready after {start_s:.1f} s")
        listed = time.perf_counter()
        await Fleet(broker).status()
        list_s = time.perf_counter() - listed

        await asyncio.sleep(_SETTLE_S)
        async with _window(system) as idle:
            await asyncio.sleep(seconds)
        state, idle_memory = system.broker_state(), system.memory_mb()

        few = folder / "few.pdf"
        few.write_bytes(_document(min(_ASKED, plan.nodes), plan.image_bytes))
        asked = await _asked(system, Feed(broker, few, dpi=_DPI), limit_s)

        many = folder / "many.pdf"
        many.write_bytes(_document(pages := pages_a_job(plan, seconds=seconds), plan.image_bytes))
        feed = Feed(broker, many, dpi=_DPI)
        feeding = asyncio.create_task(feed.keep_going(jobs=_JOBS * plan.ingests))
        windows: list[Window] = []
        try:
            await _until_flowing(system, since=time.time(), limit_s=limit_s)
            await asyncio.sleep(2 * plan.page_s + _SETTLE_S)
            for number in range(1, rounds + 1):
                async with _window(system) as one:
                    await asyncio.sleep(seconds)
                windows += one
                tell(f"{plan.nodes} nodes: window {number} of {rounds}")
            memory = system.memory_mb()
            system.check()
            found = await _recovery(system, tell) if recovery and plan.nodes >= GROUPS else None
        finally:
            feeding.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await feeding
        still_open = await feed.until_all_ended(system.check, within_s=limit_s)
        if still_open:
            tell(
                f"{plan.nodes} nodes: {still_open} of {feed.submitted} jobs had not ended after "
                f"{limit_s:g} s; what was found until then is reported"
            )
        system.check()
    taken = system.taken_pages()
    return Step(
        plan=plan,
        start_s=start_s,
        start_core_s=start_core_s,
        list_s=list_s,
        idle=idle[0],
        connections=state.connections,
        subscriptions=state.subscriptions,
        idle_memory_mb=idle_memory,
        asked=len(asked),
        asked_p50_s=_waited(asked, 0.5),
        asked_p99_s=_waited(asked, 0.99),
        busy=[_busy(window, taken, nodes=plan.nodes) for window in windows],
        memory_mb=memory,
        recovery=found,
        submitted=feed.submitted * pages,
        accounted=sum(each.pages_processed for each in feed.summaries),
        jobs_open=still_open,
    )


def pages_a_job(plan: FleetPlan, *, seconds: float) -> int:
    """So many that all jobs together hold two pages for each node, and work for two windows."""
    fed = max(20, plan.nodes // 3, round(seconds * plan.offered_pages_per_second / 3))
    return min(600, fed // plan.ingests)


def _document(pages: int, image_bytes: int) -> bytes:
    different = min(_DIFFERENT, pages)
    scans = [numbered_scan(n, dpi=_DPI, size_bytes=image_bytes) for n in range(different)]
    return scanned_pdf([scans[n % different] for n in range(pages)], dpi=_DPI)


async def _until_served(system: System, broker: Broker, limit_s: float) -> None:
    """Until the topology stands: nodes that start before would all make it."""
    until = time.monotonic() + limit_s
    while True:
        system.check()
        with contextlib.suppress(BrokerUnavailable):
            await Fleet(broker).status()
            if system.broker_state().connections > system.plan.ingests + system.plan.aggregators:
                return
        if time.monotonic() > until:
            raise _too_slow(system, "ingest and aggregator were not ready", limit_s)
        await asyncio.sleep(0.1)


async def _until_ready(system: System, broker: Broker, limit_s: float) -> None:
    until = time.monotonic() + limit_s
    while True:
        system.check()
        with contextlib.suppress(BrokerUnavailable):
            # One that was silent for a while on a machine that is short of cores is there too.
            workers = (await Fleet(broker).status()).workers
            there = sum(each.status != "starting" for each in workers)
            if there >= system.plan.nodes:
                return
            if time.monotonic() > until:
                raise _too_slow(system, f"only {there} of them were ready", limit_s)
        await asyncio.sleep(0.5)


async def _asked(system: System, feed: Feed, limit_s: float) -> list[TakenPage]:
    """Pages for nodes that have nothing to do, a few at a time."""

    async def ended() -> None:
        if await feed.until_all_ended(system.check, within_s=limit_s):
            raise _too_slow(system, "a job of few pages did not end", limit_s)

    for _ in range(_WARM_UP_JOBS):
        await feed.hand_in()
    await ended()
    began = time.time()
    for _ in range(_ASKED_TIMES):
        await feed.hand_in()
        await ended()
    return [page for page in system.taken_pages() if page.taken_at >= began]


async def _until_flowing(system: System, *, since: float, limit_s: float) -> None:
    while not any(page.taken_at >= since for page in system.taken_pages()):
        system.check()
        if time.time() > since + limit_s:
            raise _too_slow(system, "none of the pages handed in was read", limit_s)
        await asyncio.sleep(0.2)


def _too_slow(system: System, what: str, limit_s: float) -> BrokerUnavailable:
    return BrokerUnavailable(
        f"{system.plan.nodes} simulated nodes: {what} within {limit_s:g} s; measure with fewer "
        "--nodes on this machine, or give each step more time with --limit"
    )


async def _recovery(system: System, tell: Callable[[str], None]) -> Recovery:
    nodes = await nodes_killed(system)
    tell(f"{system.plan.nodes} nodes: {nodes.killed} of them killed")
    broker = await broker_killed(system)
    tell(f"{system.plan.nodes} nodes: broker killed")
    return Recovery(nodes=nodes, broker=broker)


def _waited(pages: Sequence[TakenPage], share: float) -> float:
    return quantile(pages, share, lambda page: page.waited_s) or 0.0


def _busy(window: Window, taken: Sequence[TakenPage], *, nodes: int) -> BusyWindow:
    begin, end = window.begin, window.end
    return BusyWindow(
        window=window,
        pages=sum(begin <= page.read_at < end for page in taken),
        busy=sum(page.busy_s(begin, end) for page in taken) / (nodes * window.seconds),
    )
