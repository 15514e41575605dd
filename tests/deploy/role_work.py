"""What users and operators have a secured system do, each a legitimate thing: with the services'
keys as they are, the broker must refuse none of it."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import httpx

from broker.connection import Broker
from broker.job_store import JobStore
from contracts import topology
from contracts.output_formats import OUTPUT_FORMATS
from tests.deploy.secured_site import SecuredSite
from tests.documents import encoded, encrypted_pdf, pdf, picture
from tests.gateway.test_jobs_over_http import ended
from tests.waiting import wait_until


async def _taken(http: httpx.AsyncClient, content: bytes, *, query: str = "", **form: Any) -> str:
    answer = await http.post(
        f"/jobs?dpi=72{query}", files={"file": ("document", content)}, data=form
    )
    assert answer.status_code == 202, answer.text
    job_id: str = answer.json()["job_id"]
    return job_id


async def formats_are_made_for_who_asks_with_the_document_or_later(http: httpx.AsyncClient) -> None:
    job = await _taken(http, pdf(2), formats=["pdf", "alto"])
    assert (await ended(http, job))["state"] == "success"
    for name in OUTPUT_FORMATS:
        made = await http.get(f"/jobs/{job}/{name}")
        assert made.status_code == 200, (name, made.text)


async def documents_of_every_kind_are_read(http: httpx.AsyncClient) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as several:
        several.writestr("one.pdf", pdf(1))
        several.writestr("two.png", encoded(picture("two")))
    zipped = await _taken(http, packed.getvalue())
    locked = await _taken(http, encrypted_pdf(), password="secret")  # noqa: S106
    german = await _taken(http, pdf(1), language="de")
    for job in (zipped, locked, german):
        assert (await ended(http, job))["state"] == "success"
    assert (await http.get(f"/web/jobs/{locked}/image/0?width=200")).status_code == 200
    waited = await http.post("/ocr/pdf", files={"file": ("a.pdf", pdf(1))}, data={"dpi": "72"})
    assert waited.json()["metrics"]["status"] == "success", waited.text


async def a_long_document_waits_for_its_queue_and_can_be_cancelled_and_deleted(
    http: httpx.AsyncClient,
) -> None:
    whole = await _taken(http, pdf(110))
    stopped = await _taken(http, pdf(200))
    asked = await http.delete(f"/jobs/{stopped}")
    assert asked.status_code in {200, 202}, asked.text
    assert (await ended(http, stopped))["state"] == "cancelled"
    told = await ended(http, whole)
    assert (told["state"], told["pages_done"]) == ("partial_success", 110)
    events = await http.get(f"/jobs/{whole}/events", headers={"Last-Event-ID": "5"})
    assert events.text.count("event: page_"), events.text[:500]
    gone = await http.delete(f"/jobs/{whole}?purge=true")
    assert gone.status_code == 204, gone.text
    assert (await http.get(f"/jobs/{whole}")).status_code == 404


async def a_page_that_was_read_before_is_known(http: httpx.AsyncClient) -> None:
    content = encoded(picture("known"))
    for reused in (False, True):
        job = await _taken(http, content)
        await ended(http, job)
        result = (await http.get(f"/jobs/{job}/result")).json()
        assert [page["reused"] for page in result["results"]] == [reused]


async def metrics_tell_of_queues_and_nodes(http: httpx.AsyncClient, node_url: str) -> None:
    told = (await http.get("/metrics")).text
    assert "docr_broker_up 1.0" in told
    for stream in (topology.PAGES, topology.DEAD_PAGES, topology.EVENTS):
        assert f'"{stream}"' in told, stream
    workers = await http.get("/workers/status")
    assert workers.json()["healthy_workers"] == 1, workers.text
    assert (await http.get("/ready")).status_code == 200
    async with httpx.AsyncClient(base_url=node_url, timeout=10) as node:
        assert (await node.get("/health")).status_code == 200


async def a_given_up_page_over_the_message_limit_is_replayed_and_its_job_deleted(
    site: SecuredSite, http: httpx.AsyncClient, broker: Broker, large: list[bytes], folder: Path
) -> None:
    """`large`: images, the last of which goes by the bucket and is given up by the node."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as several:
        for number, image in enumerate(large):
            several.writestr(f"{number:02d}.png", image)
    job = await _taken(http, packed.getvalue())
    assert (await ended(http, job))["state"] == "partial_success"
    page = str(len(large))
    listed = site.docr("dead", "list", job, "--json")
    assert json.loads(listed.stdout)["page"] == len(large), listed.stderr
    shown = site.docr("dead", "show", job, page, "--save", str(folder / "page.png"))
    assert (shown.returncode, (folder / "page.png").exists()) == (0, True), shown.stderr
    # The web page shows it, too.
    seen = await http.get(f"/web/jobs/{job}/dead/{page}/image")
    assert (seen.status_code, seen.headers["content-type"]) == (200, "image/png"), seen.text
    # Which its engine gives up again: that is what exit code 1 says.
    again = site.docr("dead", "replay", job)
    assert (again.returncode, "1 page of job" in again.stderr) == (1, True), again.stderr
    summary = await JobStore(broker).summary(job, certain=True)
    assert summary is not None
    assert summary.revision == 2
    gone = await http.delete(f"/jobs/{job}?purge=true")
    assert gone.status_code == 204, gone.text


async def operators_work_over_nats(site: SecuredSite, broker: Broker, folder: Path) -> None:
    document = folder / "document.pdf"
    document.write_bytes(pdf(2) + bytes(2_000_000))
    submitted = site.docr("submit", str(document), "--dpi", "72", "--wait")
    assert submitted.returncode == 0, submitted.stderr
    store = await broker.jetstream.object_store(topology.UPLOADS)
    await store.put("by-bucket.pdf", pdf(1))

    async def by_bucket() -> list[dict[str, Any]]:
        listed = await broker.client.request("ocr.jobs.list", b"", timeout=10)
        jobs: list[dict[str, Any]] = json.loads(listed.data)["jobs"]
        return [each for each in jobs if each["filename"] == "by-bucket.pdf" and each["ended_at"]]

    async def has_ended() -> bool:
        return bool(await by_bucket())

    await wait_until(has_ended, "the job that came by the bucket", 30.0)
    job = (await by_bucket())[0]["job_id"].encode()
    told = await broker.client.request("ocr.jobs.get", job, timeout=10)
    assert json.loads(told.data)["state"] == "success"
    gone = await broker.client.request("ocr.jobs.delete", job, timeout=10)
    assert "error" not in json.loads(gone.data or b"{}"), gone.data
    for command in (("jobs",), ("nodes",), ("doctor",), ("top", "--once")):
        said = site.docr(*command, KEEP_READINGS_DAYS="1")
        assert said.returncode == 0, (command, said.stdout, said.stderr)
