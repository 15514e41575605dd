"""`docr top`: on a terminal, on a narrow one, on none, and while its broker is away."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from broker.connection import Broker
from broker.fleet import Fleet
from broker.job_store import JobStore
from broker.queue_state import BrokerState, Queue, Store
from contracts.fleet import CurrentPage, NodeHealth, NodeReport, fleet_status
from contracts.job_state import JobState
from docr.client import Client
from docr.top.look import Look
from docr.top.screen import Frame
from tests.docr.commands import docr
from tests.docr.terminal import Terminal
from tests.documents import pdf
from tests.examples import manifest
from tests.gateway.conftest import System
from tests.waiting import block_until

NOW = datetime(2024, 2, 29, 12, 0, tzinfo=UTC)
NODES = 300
JOBS = 2000


def heartbeat(number: int, **changes: Any) -> NodeReport:
    known: dict[str, Any] = {
        "name": f"node-{number:03d}",
        "instance": "1",
        "host": "127.0.0.1",
        "port": 0,
        "version": "1",
        "engine": "echo",
        "engines": 2,
        "languages": ("en",),
        "health": NodeHealth(
            status="healthy",
            worker_name="node",
            cpu_percent=1,
            memory_percent=1,
            memory_mb=300,
            uptime_seconds=1,
            total_requests=1,
        ),
        "pages_per_second": number / 100,
        "current_pages": (CurrentPage(job_id="a" * 32, page_number=3, since=NOW),),
        "sent_at": NOW,
    }
    return NodeReport(**{**known, **changes})


def crowded() -> Look:
    """One node is lost, and 2,000 jobs go on, of which 100 are known by name."""
    reports = [(heartbeat(number), 20.0 if number == 7 else 1.0) for number in range(NODES)]
    jobs = tuple(
        JobState(
            job_id=f"{number:032x}",
            state="running",
            filename=f"a name that is longer than any terminal is wide {number}\x1b[31m" * 3,
            tenant="default",
            submitted_at=NOW,
            total_pages=10,
            pages_done=3,
        )
        for number in range(100)
    )
    return Look(
        at=NOW,
        broker=BrokerState(
            queues={"submit": Queue(messages=3), "pages": Queue(messages=96, age_s=400.0)},
            stores={"PAGES": Store(used_bytes=90, limit_bytes=100, messages=96)},
        ),
        fleet=fleet_status(reports),
        open_jobs={"queued": JOBS - 100, "running": 100, "cancelling": 0},
        jobs=jobs,
    )


@pytest.mark.parametrize(
    ("columns", "lines"), [(200, 60), (100, 40), (80, 24), (60, 24), (40, 12), (20, 5)]
)
@pytest.mark.parametrize("trouble", [None, "no broker answers at nats://127.0.0.1:4222; " * 3])
def test_a_crowded_system_fits_into_any_terminal(
    columns: int, lines: int, trouble: str | None
) -> None:
    console = Console(width=columns, height=lines, force_terminal=True, color_system=None)
    frame = Frame(
        about="docr top", seen=crowded(), trouble=trouble, now=NOW + timedelta(minutes=9), cut=True
    )
    drawn = console.render_lines(frame, console.options)
    shown = ["".join(piece.text for piece in line).rstrip() for line in drawn]
    assert max(len(line) for line in shown) <= columns
    assert not any("\x1b" in line for line in shown)
    assert ("what follows is 9 min old" in " ".join(shown)) == (trouble is not None)
    if lines < 24 or (columns < 80 and trouble is not None):
        return
    assert len(shown) <= lines
    names = [line.split()[0] for line in shown if line.startswith("node-")]
    # Who is lost comes first, then the busiest.
    assert names == ["node-007", *[f"node-{299 - each}" for each in range(len(names) - 1)]]
    jobs = [line for line in shown if line.startswith("000")]
    assert len(jobs) >= 3
    assert f"and {NODES - len(names)} more nodes" in shown
    assert f"and {JOBS - len(jobs):,} more jobs go on" in shown
    assert any("299 of 300 healthy, 1 lost, engines: 598" in line for line in shown) or columns < 80


async def test_without_a_terminal_it_prints_one_frame_of_thousands_of_jobs(
    tmp_path: Path, broker: Broker, broker_url: str
) -> None:
    jobs, fleet = JobStore(broker), Fleet(broker)
    for begin in range(0, JOBS, 100):
        await asyncio.gather(
            *(jobs.put_manifest(manifest(job_id=f"job-{begin + each:04d}")) for each in range(100))
        )
    for number in range(NODES):
        await fleet.report(heartbeat(number))
    done = await asyncio.to_thread(docr, "top", folder=tmp_path, NATS_URL=broker_url)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert f"jobs       0 queued, {JOBS:,} running, 0 cancelling" in lines
    assert len([line for line in lines if line.startswith("node-")]) == NODES
    assert [line.split()[0] for line in lines if line.startswith("job-")] == [
        f"job-{JOBS - 1 - each:04d}" for each in range(50)
    ]
    assert lines[-1] == f"and {JOBS - 50:,} more jobs go on"


def test_it_follows_the_system_on_a_terminal_until_q_is_pressed(tmp_path: Path) -> None:
    system = System(tmp_path)
    with system.broker as server:
        try:
            for service in ("ingest", "aggregator"):
                system.start(service)
            system.start("node", WORKER_NAME="first-node")
            with Terminal("top", folder=tmp_path, size=(100, 30), NATS_URL=server.url) as terminal:
                _look_on(terminal, system)
        finally:
            system.stop()


def _look_on(terminal: Terminal, system: System) -> None:
    block_until(lambda: "first-node" in terminal.frame, "the node on the screen", 20.0)
    assert "q ends it" in terminal.frame
    with Client(system.broker.url) as client:
        job = client.submit(pdf(2), filename="two.pdf", dpi=72)
        job.wait(timeout=30)

    def shows_its_end() -> bool:
        rows = [line.split() for line in terminal.frame.splitlines()]
        return [job.id, "success", "2/2", "two.pdf"] in rows

    block_until(shows_its_end, "the end of the job on the screen")

    terminal.resize(50, 12)
    block_until(lambda: len(terminal.frame.splitlines()) == 12, "the screen in its new size")
    assert max(len(line) for line in terminal.frame.splitlines()) <= 50
    terminal.resize(100, 30)

    system.broker.kill()
    block_until(lambda: "what follows is" in terminal.frame, "the broker to be missed", 20.0)
    assert "first-node" in terminal.frame
    system.broker.start()
    block_until(
        lambda: "first-node" in terminal.frame and "what follows" not in terminal.frame,
        "the broker to be back on the screen",
        40.0,
    )

    terminal.press("q")
    assert terminal.process.wait(10) == 0
    # The screen that was there before is back, and so are the terminal's modes.
    assert terminal.shown.endswith("\x1b[?25h\x1b[?1049l")
    assert terminal.modes_now == terminal.modes
    assert "Traceback" not in terminal.shown
