"""Pages of a result one at a time, and as pictures."""

import asyncio
import contextlib
import ctypes
import fcntl
import io
import json
import os
import random
import signal
import stat
import sys
import termios
import zipfile
from pathlib import Path

import httpx
import pytest
from PIL import Image

from broker.connection import Broker, BrokerAddress
from broker.job_store import JobStore
from broker.objects import ObjectBucket
from broker.output_reader import OutputReader
from contracts import topology
from contracts.job_options import JobOptions
from ingest.gateway.web.page_places import PagePlaces
from tests.documents import encrypted_pdf, pdf, pdf_with_sizes
from tests.gateway.conftest import Open, System
from tests.gateway.test_jobs_over_http import ended
from tests.processes import children_of, is_alive
from tests.waiting import wait_until

_PIDFD_GETFD = 438  # <asm-generic/unistd.h>


def page_line(number: int, text: str, *, confidence: float) -> str:
    word = {"text": text, "confidence": confidence, "polygon": [[0, 0]] * 4}
    report = {
        "page_number": number, "status": "success", "source": "ocr", "text": text,
        "confidence": confidence, "lines": [{**word, "words": [word]}], "document": None,
    }  # fmt: skip
    return json.dumps(report, ensure_ascii=False)


async def test_each_page_of_a_long_result_is_found_where_it_lies(broker: Broker) -> None:
    dice = random.Random(1)  # noqa: S311
    long = ["ü" * dice.randint(1, 300_000) for _ in range(30)]
    texts = ["x", '", "lines": [{"text": "é\n', *long]
    texts[20] = f"Needle{'y' * 200_000}NEEDLE"
    lines = [
        page_line(n, text, confidence=0.5 if n % 3 else 1.0)
        for n, text in enumerate(texts, start=1)
    ]
    content = "".join(f"{line}\n" for line in lines).encode()
    await ObjectBucket(broker, name=topology.OUTPUTS).put("job/0/pages", content)
    reader = OutputReader(broker)
    output = await reader.facts("job/0/pages")
    assert output.size == len(content) > 2_000_000
    places = PagePlaces(reader)
    pages = await places.pages(output)
    assert pages.entries[1] == [2, "success", "ocr", 0.5, 1, 1, None]
    assert pages.entries[2] == [3, "success", "ocr", 1.0, 1, 0, None]
    for index, line in enumerate(lines):
        assert await places.page(output, index) == line.encode()
    assert await places.find(output, "needle") == [(20, 2)]
    assert await places.find(output, '"lines": [{') == [(1, 1)]


async def test_a_page_is_shown_no_larger_than_it_is_asked_for(
    http: httpx.AsyncClient, system: System
) -> None:
    async def result_of(content: bytes, **form: str) -> str:
        files = {"file": ("document", content)}
        taken = await http.post("/jobs?dpi=100", files=files, data=form)
        job = str(taken.json()["job_id"])

        async def has_ended() -> bool:
            return (await http.get(f"/jobs/{job}")).json()["ended_at"] is not None

        await wait_until(has_ended, "the job's end", 30.0)
        return f"/web/jobs/{job}"

    sizes = pdf_with_sizes([(842, 595), (595, 842)])
    wide = await result_of(sizes, pages="2", formats="tsv", mode="ocr")
    shown = await http.get(f"{wide}/image/0?width=300")
    assert shown.headers["content-type"] == "image/jpeg"
    # The second page of the document is the first of the result.
    assert Image.open(io.BytesIO(shown.content)).size == (300, 425)
    etag = {"If-None-Match": shown.headers["etag"]}
    assert (await http.get(f"{wide}/image/0?width=300", headers=etag)).status_code == 304
    assert (await http.get(f"{wide}/image/1")).status_code == 404
    assert (await http.get(f"{wide}/image/0?width=9000")).status_code == 422
    assert (await http.get(f"{wide}/pages/1")).status_code == 404
    assert (await http.get(f"{wide}/pages/0")).json()["page_number"] == 2
    # Read again, it is of the same page, in the same formats.
    again = (await http.post(f"{wide}/again?quality=best")).json()["job_id"]
    await ended(http, again)
    assert len((await http.get(f"/web/jobs/{again}/pages")).json()["pages"]) == 1
    assert (await http.get(f"/web/jobs/{again}/pages/0")).json()["page_number"] == 2
    async with await Broker.connect(BrokerAddress(url=system.broker.url), name="test") as broker:
        summary = await JobStore(broker).summary(again)
    assert summary is not None
    assert summary.outputs is not None
    assert list(summary.outputs.formats) == ["tsv"]
    told = JobOptions.from_headers(summary.options, defaults=JobOptions())
    assert (told.dpi, told.mode, told.quality) == (100, "ocr", "best")
    locked = await result_of(encrypted_pdf(), password="secret")  # noqa: S106
    assert (await http.get(f"{locked}/image/0")).status_code == 200
    # Of a page that is too large there is no picture either.
    huge = await result_of(pdf_with_sizes([(90_000, 90_000)]))
    refused = await http.get(f"{huge}/image/0")
    assert (refused.status_code, "over the limit" in refused.json()["detail"]) == (422, True)
    # In a ZIP, pages run on over its members; one that cannot be opened has none to show.
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as several:
        several.writestr("1.pdf", pdf(1))
        several.writestr("2.pdf", b"%PDF-1.4 damaged")
        several.writestr("3.pdf", pdf_with_sizes([(595, 842), (842, 595)]))
    of_zip = await result_of(packed.getvalue())
    last = await http.get(f"{of_zip}/image/3?width=200")
    assert last.status_code == 200, last.text
    assert Image.open(io.BytesIO(last.content)).size == (200, 141)
    assert (await http.get(f"{of_zip}/image/1")).status_code == 422


async def test_a_gateway_killed_while_it_draws_a_page_leaves_nothing_and_the_next_one_draws_it(
    http: httpx.AsyncClient, system: System, gateway: Open, tmp_path: Path
) -> None:
    taken = await http.post("/jobs?dpi=72", content=pdf(1))
    job = taken.json()["job_id"]
    assert (await ended(http, job))["state"] == "success"
    temp = tmp_path / "temp-of-both"
    killed = gateway(TEMP_DIR=str(temp))
    async with httpx.AsyncClient(base_url=system.address_of(killed), timeout=30) as client:
        assert (await client.get(f"/web/jobs/{job}/image/0?width=200")).status_code == 200
        (child,) = children_of(killed.pid)
        os.kill(child, signal.SIGSTOP)
        drawn = asyncio.create_task(client.get(f"/web/jobs/{job}/image/0?width=300"))
        await wait_until(lambda: has_unread_input(child), "the renderer to be asked")
        killed.kill()
        await asyncio.to_thread(killed.wait)
        with pytest.raises(httpx.TransportError):
            await drawn
    await wait_until(lambda: not is_alive(child), "the renderer to be gone")
    following = gateway(TEMP_DIR=str(temp))
    async with httpx.AsyncClient(base_url=system.address_of(following), timeout=30) as client:
        assert (await client.get(f"/web/jobs/{job}/image/0?width=300")).status_code == 200
    # What the first one had on the disk went with the start of the second.
    assert len(list(temp.glob("docr-*"))) == 1


def has_unread_input(pid: int) -> bool:
    """Whether something waits in the pipe or socket that the child's requests come by."""
    process = os.pidfd_open(pid)
    try:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            # Of a socket, only a copy can be asked.
            copy = ctypes.CDLL(None).syscall(_PIDFD_GETFD, process, int(descriptor.name), 0)
            if copy < 0:
                continue
            try:
                with contextlib.suppress(OSError):  # neither of both
                    waits = fcntl.ioctl(copy, termios.FIONREAD, bytes(4))
                    if int.from_bytes(waits, sys.byteorder) and not stat.S_ISREG(
                        os.fstat(copy).st_mode
                    ):
                        return True
            finally:
                os.close(copy)
    finally:
        os.close(process)
    return False
