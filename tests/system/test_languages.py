"""Languages in a fleet whose nodes read different ones: announced, routed by, refused at doors."""

import asyncio
import base64
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from broker.connection import Broker
from broker.fleet import Fleet
from broker.job_store import JobStore
from broker.page_queue import HEADER_PAGE_INDEX
from contracts import subjects
from contracts.codec import encode
from contracts.errors import LanguageUnavailable
from contracts.job_identity import job_id_for_key
from contracts.languages import languages_of
from docr.client import AsyncClient
from tests.docr.commands import docr
from tests.documents import encoded, pdf, picture
from tests.examples import manifest, page_task
from tests.raw_nats import RawNats
from tests.running_services import Start, begun, endings_of, free_port, result_of
from tests.system.nats_doors import Endings, answers
from tests.waiting import wait_until

REFUSED = "language 'korean' is read by no node at the moment; choose one of: af, "


async def announced(broker: Broker) -> dict[str, tuple[str, ...]]:
    return {each.name: each.languages for each in (await Fleet(broker).status()).workers}


async def test_a_language_is_refused_at_every_door_until_a_node_reads_it(
    tmp_path: Path, broker: Broker, broker_url: str, raw: RawNats, start: Start
) -> None:
    port, node_port = free_port(), free_port()
    start("aggregator")
    ingest, gateway = start("ingest"), start("gateway", COORDINATOR_PORT=str(port))
    await begun(ingest, gateway)
    await wait_until(lambda: answers(raw), "service ocr-jobs to answer", 30.0)
    endings = await Endings.of(raw)
    korean = {"Ocr-Language": "korean"}

    # No node is known: one may come, and what is accepted waits for it.
    early = await raw.request("ocr.jobs.submit", pdf(1), headers={**korean, "Ocr-Job-Id": "early"})
    assert early.json()["state"] == "queued"
    await raw.publish("ocr.submit", pdf(1), headers={**korean, "Ocr-Job-Id": "early-bare"})
    # But not for what nobody will ever read.
    never = await raw.request("ocr.jobs.submit", pdf(1), headers={"Ocr-Language": "vi"})
    assert "the tone marks of Vietnamese" in (never.error or "")
    await wait_until(lambda: pages_wait(broker, "bulk_korean", 2), "both to be in the queue")

    start("node", name="a", WORKER_NAME="latin", OCR_LANGUAGES="de", WORKER_PORT=str(node_port))
    await wait_until(lambda: knows(broker, "latin"), "the first node", 40.0)
    assert (await announced(broker))["latin"] == languages_of(["latin"])

    base_url = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=base_url, timeout=30.0, trust_env=False) as client:
        for path in ("/jobs", "/ocr/pdf", "/ocr/image"):
            answer = await client.post(path, params={"language": "korean"}, content=pdf(1))
            assert (answer.status_code, answer.json()["detail"][: len(REFUSED)]) == (409, REFUSED)
        form = await client.post("/jobs", files={"file": pdf(1)}, data={"language": "korean"})
        assert (form.status_code, REFUSED in form.json()["detail"]) == (409, True)
        # What was accepted before is accepted again.
        again = await client.post(
            "/jobs", params={"language": "korean", "job_id": "early"}, content=pdf(1)
        )
        assert (again.status_code, again.json()["job_id"]) == (202, "early")
    asked = await raw.request("ocr.jobs.submit", pdf(1), headers=korean)
    assert (asked.error or "").startswith(REFUSED)
    assert asked.header("Nats-Service-Error-Code") == "409"
    await raw.publish("ocr.submit", pdf(1), headers={**korean, "Ocr-Job-Id": "late"})
    await raw.put_object("UPLOADS", "late.pdf", pdf(1), nuid="late", metadata=korean)
    for job_id in ("late", job_id_for_key("late")):
        summary = await endings.of_job(job_id)
        assert (summary["status"], summary["total_pages"]) == ("failed", 0)
        assert summary["errors"][0].startswith(REFUSED)
    (tmp_path / "page.pdf").write_bytes(pdf(1))
    for url in (broker_url, base_url):
        command = ("submit", "page.pdf", "--language", "korean", "--url", url)
        done = await asyncio.to_thread(docr, *command, folder=tmp_path)
        assert (done.returncode, REFUSED in done.stderr) == (1, True), done.stderr
        async with AsyncClient(url) as ours:
            with pytest.raises(LanguageUnavailable, match=REFUSED):
                await ours.submit(tmp_path / "page.pdf", language="korean")

    async with httpx.AsyncClient(timeout=30.0, trust_env=False) as client:
        body = {"image_base64": base64.b64encode(encoded(picture("x"))).decode()}
        address = f"http://127.0.0.1:{node_port}/ocr"
        mine = await client.post(address, json={**body, "language": "fi"})
        assert mine.status_code == 200
        others = await client.post(address, json={**body, "language": "korean"})
        assert others.status_code == 409
        assert "'korean' is not read by this node; it reads: af, " in others.json()["detail"]

    start("node", name="b", WORKER_NAME="korean", OCR_LANGUAGES="korean")
    await wait_until(lambda: knows(broker, "korean"), "the second node", 40.0)
    assert (await announced(broker))["korean"] == ("korean",)
    for job_id in ("early", "early-bare"):
        summary = await endings.of_job(job_id)
        assert (summary["status"], summary["ocr_rounds_per_worker"]) == ("success", {"korean-1": 1})
    for language, worker in (("korean", "korean-1"), ("de", "latin-1"), ("fi", "latin-1")):
        new = await raw.request("ocr.jobs.submit", pdf(1), headers={"Ocr-Language": language})
        summary = await endings.of_job(new.json()["job_id"])
        assert (summary["status"], summary["ocr_rounds_per_worker"]) == ("success", {worker: 1})


async def test_a_page_that_came_to_the_wrong_node_fails_once_and_says_why(
    tmp_path: Path, broker: Broker, broker_url: str, start: Start
) -> None:
    deadline = datetime.now(UTC) + timedelta(days=1)
    await JobStore(broker).put_manifest(manifest(job_id="job", pages=1, deadline=deadline))
    task = page_task(job_id="job", language="korean", image=encoded(picture("x")))
    await broker.jetstream.publish(
        subjects.page(priority="bulk", script="latin", tenant="default", job_id="job"),
        encode(task),
        headers={HEADER_PAGE_INDEX: "0"},
    )
    async with endings_of(broker) as endings:
        await begun(start("node", WORKER_NAME="node-a"), start("aggregator"))
        await wait_until(lambda: bool(endings), "the job's end", 40.0)
    assert (endings[0].status, endings[0].pages_failed) == ("failed", 1)
    assert "language 'korean' is not read by this node; it reads: af, " in endings[0].errors[0]
    (page,) = (await result_of(broker, endings[0]))["results"]
    assert page["attempts"] == 1

    # It can be read again in a language that some node reads, and in no other.
    def replay(language: str) -> "subprocess.CompletedProcess[str]":
        again = ("dead", "replay", "job", "--language", language)
        return docr(*again, folder=tmp_path, NATS_URL=broker_url)

    refused = await asyncio.to_thread(replay, "hi")
    assert (refused.returncode, REFUSED.replace("korean", "hi") in refused.stderr) == (2, True)
    read = await asyncio.to_thread(replay, "fi")
    assert (read.returncode, "revision 2: success" in read.stdout) == (0, True), read


async def knows(broker: Broker, name: str) -> bool:
    nodes = (await Fleet(broker).status()).workers
    return any(each.name == name and each.status == "healthy" for each in nodes)


async def pages_wait(broker: Broker, consumer: str, count: int) -> bool:
    return ((await broker.jetstream.consumer_info("PAGES", consumer)).num_pending or 0) == count
