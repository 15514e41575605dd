"""A node's own door, with real engines in their children behind it, and no broker."""

import asyncio
import base64
import contextlib
import hashlib
import json
import signal
import socket
import struct
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog

from broker.release import release
from contracts.api_keys import ApiKeys
from contracts.pages import PageSucceeded, PageTask
from ocr_node.activity import Activity
from ocr_node.direct_reading import DirectReading
from ocr_node.door import Door, DoorSettings
from ocr_node.engines import EngineSettings
from ocr_node.reader import Limits, Reader
from ocr_node.self_report import NodeIdentity, SelfReport
from tests.documents import encoded, picture
from tests.examples import page_task
from tests.waiting import wait_until

IMAGE = encoded(picture("x"))


class Opened:
    """A door that is open, and what stands behind it."""

    def __init__(self, client: httpx.AsyncClient, activity: Activity, reader: Reader) -> None:
        self.client = client
        self.activity = activity
        self.reader = reader

    async def ocr(self, image: bytes = IMAGE, **fields: Any) -> httpx.Response:
        body = {"image_base64": base64.b64encode(image).decode(), **fields}
        return await self.client.post("/ocr", json=body)


def door_of(
    activity: Activity, reader: Reader, *, wait_s: float = 30.0, **settings: Any
) -> tuple[Door, SelfReport]:
    report = SelfReport(
        NodeIdentity(
            name="node-a", host="here", version=release(), engine="echo", engines=1,
            languages=("en",),
        ),
        activity,
    )  # fmt: skip
    reading = DirectReading([reader], activity=activity, dpi=200, wait_s=wait_s)
    known: dict[str, Any] = {
        "host": "127.0.0.1", "port": 0, "default_language": "en", "keys": ApiKeys({}),
    }  # fmt: skip
    return Door(
        DoorSettings(**{**known, **settings}), reading=reading, report=report, activity=activity
    ), report


@asynccontextmanager
async def opened(
    folder: Path,
    *,
    faults: str = "",
    delay_ms: int = 0,
    timeout_s: float = 30.0,
    ready: bool = True,
    wait_s: float = 30.0,
    **settings: Any,
) -> AsyncIterator[Opened]:
    activity = Activity()
    reader = Reader(
        worker="node-a-1",
        engine=EngineSettings(
            name="echo", cache_dir=folder, echo_faults=faults, echo_delay_ms=delay_ms
        ),
        limits=Limits(page_timeout_s=timeout_s, memory_limit_bytes=600 * 2**20),
    )
    door, report = door_of(activity, reader, wait_s=wait_s, **settings)
    running = asyncio.create_task(door.run())
    try:
        if ready:
            await reader.start()
            activity.engine_is_ready()
        await wait_until(lambda: report.port != 0, "the door to open", 30.0)
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{report.port}", timeout=60.0, trust_env=False
        ) as client:
            yield Opened(client, activity, reader)
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await reader.stop()
    assert report.port == 0


def is_problem(answer: httpx.Response, status: int, words: str) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (
        status, "application/problem+json",
    )  # fmt: skip
    problem = answer.json()
    assert (problem["type"], problem["status"]) == ("about:blank", status)
    assert problem["title"]
    assert words in problem["detail"]
    assert "Traceback" not in answer.text


def huge_png(width_px: int, height_px: int) -> bytes:
    """A PNG that says so, without its pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width_px, height_px, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels)


async def test_a_page_is_read_in_the_shape_of_results_whatever_its_format(tmp_path: Path) -> None:
    async with opened(tmp_path) as door:
        answer = await door.ocr(language="de", page_number=5)
        assert answer.status_code == 200
        page = answer.json()
        # PNG and JPEG reach the engine as they are.
        assert page["text"] == f"{hashlib.sha256(IMAGE).hexdigest()} 5"
        assert (page["page_number"], page["status"], page["worker"]) == (5, "success", "node-a-1")
        assert (page["width_px"], page["height_px"], page["dpi"]) == (900, 200, 200)
        assert (page["attempts"], page["error"], page["source"]) == (1, None, "ocr")
        assert len(page["lines"][0]["polygon"]) == 4
        for kind in ("JPEG", "TIFF", "WEBP", "BMP", "GIF"):
            other = await door.ocr(encoded(picture("x"), kind))
            assert (other.status_code, other.json()["width_px"]) == (200, 900), kind
        see_through = encoded(picture("x").convert("RGBA"), dpi=(300, 300))
        assert (await door.ocr(see_through)).json()["dpi"] == 300
        turned = picture("x").getexif()
        turned[0x0112] = 6
        upright = (await door.ocr(encoded(picture("x"), "JPEG", exif=turned))).json()
        assert (upright["width_px"], upright["height_px"]) == (200, 900)
        # As `base64 FILE` writes it, in lines.
        lines = base64.encodebytes(IMAGE).decode()
        assert (await door.client.post("/ocr", json={"image_base64": lines})).status_code == 200
        health = (await door.client.get("/health")).json()
        assert (health["status"], health["worker_name"]) == ("healthy", "node-a")
        assert (health["total_requests"], door.activity.pages) == (9, 9)


async def test_a_page_is_read_as_well_as_was_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as door:
        asked = []
        read = door.reader.read

        async def noted(task: PageTask, **more: Any) -> PageSucceeded:
            asked.append(task.quality)
            return await read(task, **more)

        monkeypatch.setattr(door.reader, "read", noted)
        some: list[dict[str, Any]] = [{}, {"quality": "fast"}, {"quality": "best"}]
        for fields in some:
            assert (await door.ocr(**fields)).status_code == 200
        assert asked == ["balanced", "fast", "best"]
        is_problem(await door.ocr(quality="good"), 400, "quality: Input should be 'fast', 'bal")
        is_problem(await door.ocr(mode="ocr"), 400, "mode: not known here; known are image_base64")


async def test_what_is_wrong_with_a_request_is_said_and_costs_this_request_only(
    tmp_path: Path,
) -> None:
    text = base64.b64encode(IMAGE).decode()
    async with opened(tmp_path) as door:
        post = door.client.post
        for body, words in (
            (b"", "send JSON like"),
            (b"[1]", "send JSON like"),
            (b"{" * 100_000, "send JSON like"),
            (json.dumps({"image_base64": "@@@"}).encode(), "no base64"),
            (json.dumps({"image_base64": "é"}).encode(), "no base64"),
            (json.dumps({"image_base64": ""}).encode(), "no base64"),
            (json.dumps({"language": "en"}).encode(), "image_base64: Field required"),
            (json.dumps({"image_base64": text, "lang": "en"}).encode(), "lang"),
            (json.dumps({"image_base64": text, "page_number": 0}).encode(), "page_number"),
            (json.dumps({"image_base64": text, "language": "xx"}).encode(), "choose one of"),
        ):
            is_problem(await post("/ocr", content=body), 400, words)
        is_problem(await door.ocr(b"Dear all, this is no image."), 422, "not an image")
        is_problem(await door.ocr(encoded(picture("x"), "BMP")[:-1000]), 422, "damaged")
        is_problem(await door.ocr(IMAGE[:200]), 422, "damaged")
        is_problem(await door.ocr(huge_png(35_000, 35_000)), 422, "more pixels than can be read")
        is_problem(await door.client.get("/nothing"), 404, "there are GET /health and POST /ocr")
        is_problem(await door.client.get("/ocr"), 405, "there are GET /health and POST /ocr")
        is_problem(await post("/ocr", content=b"x" * (32 * 2**20 + 1)), 413, "over 32 MB")

        async def drops() -> AsyncIterator[bytes]:
            for _ in range(33):
                yield b"x" * 2**20

        # Without a Content-Length that would have told.
        is_problem(await post("/ocr", content=drops()), 413, "over 32 MB")
        assert (await door.ocr()).status_code == 200


async def test_a_broken_engine_costs_one_page(tmp_path: Path) -> None:
    async with opened(tmp_path, faults="kill:1,raise:2,hang:3", timeout_s=1.5) as door:
        is_problem(await door.ocr(page_number=1), 503, "ended with signal SIGKILL")
        is_problem(await door.ocr(page_number=2), 503, "send the page again")
        is_problem(await door.ocr(page_number=3), 504, "took more than 1.5 s")
        # The next one gets a fresh engine.
        assert (await door.ocr(page_number=4)).status_code == 200
        assert (door.activity.errors, door.activity.pages) == (3, 1)


async def test_an_engine_is_shared_with_the_queue_and_works_on_one_page_at_a_time(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path, wait_s=0.3) as door:
        async with door.reader.turn:  # as the loop that pulls has it, for a page in its hands
            page = await door.reader.read(page_task(image=IMAGE), attempt=1)
            assert page.worker == "node-a-1"
            is_problem(await door.ocr(), 504, "all engines were busy")
        assert (await door.ocr()).status_code == 200


async def test_a_few_pages_wait_in_line_and_more_are_sent_away(tmp_path: Path) -> None:
    async with opened(tmp_path, delay_ms=300) as door:
        answers = await asyncio.gather(*(door.ocr() for _ in range(8)))
        codes = sorted(each.status_code for each in answers)
        assert codes == [200] * 4 + [503] * 4
        busy = next(each for each in answers if each.status_code == 503)
        is_problem(busy, 503, "wait here already")
        assert busy.headers["retry-after"] == "1"


async def test_a_node_that_starts_or_stops_says_so_and_leaves_no_page_in_its_hands(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path, delay_ms=60_000, timeout_s=60.0, ready=False) as door:
        health = await door.client.get("/health")
        assert (health.status_code, health.json()["status"]) == (503, "starting")
        is_problem(await door.ocr(), 503, "this node is starting")
        await door.reader.start()
        door.activity.engine_is_ready()
        asked = asyncio.create_task(door.ocr())
        await wait_until(lambda: bool(door.activity.current_pages), "the page to be begun")
        door.activity.is_stopping()
        await door.reader.call_off()
        is_problem(await asked, 503, "the node was stopped")
        health = await door.client.get("/health")
        assert (health.status_code, health.json()["status"]) == (503, "stopping")
        is_problem(await door.ocr(), 503, "this node is stopping")


async def test_a_door_that_others_can_reach_asks_for_a_key(tmp_path: Path) -> None:
    keys = ApiKeys.parse("team: secret-0123456789 ,admin:other-0123456789")
    async with opened(tmp_path, host="0.0.0.0", keys=keys) as door:  # noqa: S104
        is_problem(await door.ocr(), 401, "a key is needed")
        for wrong in (
            {"X-API-Key": "team"},
            {"X-API-Key": ""},
            {"Authorization": "Bearer wrong"},
            {"Authorization": "Basic secret-0123456789"},
        ):
            door.client.headers = httpx.Headers(wrong)
            answer = await door.ocr()
            is_problem(answer, 401, "a key is needed")
            assert answer.headers["www-authenticate"] == "Bearer"
        for right in (
            {"X-API-Key": "secret-0123456789"},
            {"Authorization": "Bearer secret-0123456789"},
            {"Authorization": "bearer  secret-0123456789"},
        ):
            door.client.headers = httpx.Headers(right)
            assert (await door.ocr()).status_code == 200
        door.client.headers = httpx.Headers({})
        assert (await door.client.get("/health")).status_code == 200
    async with opened(tmp_path, host="0.0.0.0", keys=ApiKeys.parse("", off=True)) as door:  # noqa: S104
        assert (await door.ocr()).status_code == 200


async def test_without_a_key_or_a_free_port_there_is_no_door_and_a_warning(tmp_path: Path) -> None:
    activity = Activity()
    reader = Reader(
        worker="node-a-1",
        engine=EngineSettings(name="echo", cache_dir=tmp_path),
        limits=Limits(page_timeout_s=1.0, memory_limit_bytes=2**30),
    )
    with socket.create_server(("127.0.0.1", 0)) as other:
        for settings, words in (
            ({"host": "0.0.0.0"}, "set OCR_API_KEYS, or OCR_AUTH=off"),  # noqa: S104
            ({"port": other.getsockname()[1]}, "set WORKER_PORT to a free port"),
            ({"host": "no such host"}, "WORKER_HOST to an address of this machine"),
        ):
            door, report = door_of(activity, reader, **settings)
            with structlog.testing.capture_logs() as logs:
                await door.run()
            assert (logs[-1]["log_level"], report.port) == ("warning", 0)
            assert words in logs[-1]["reason"]


async def test_signals_stay_with_the_command(tmp_path: Path) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    async with opened(tmp_path) as door:
        await door.client.get("/health")
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
