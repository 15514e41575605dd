"""Output formats over HTTP: asked for with the document, or afterwards under the job's address."""

import asyncio
import json

import httpx

from broker.connection import Broker
from broker.job_store import JobStore
from contracts.api_keys import ApiKeys
from contracts.job_options import JobOptions
from contracts.jobs import Outputs
from contracts.output_formats import OUTPUT_FORMATS
from ingest.gateway.app import application
from ingest.gateway.parts import GatewaySettings, Parts
from tests.documents import pdf
from tests.examples import job_summary
from tests.gateway.test_jobs_over_http import ended


async def test_formats_are_asked_for_with_the_document_or_fetched_afterwards(
    http: httpx.AsyncClient,
) -> None:
    by_form = await http.post(
        "/jobs",
        files={"file": ("a b.pdf", pdf(2), "application/pdf")},
        data={"dpi": "72", "formats": ["tsv", "PDF"]},
    )
    by_query = await http.post(
        "/jobs?dpi=72&pages=1&formats=tsv,pdf&formats=jsonl", content=pdf(40)
    )
    assert (by_form.status_code, by_query.status_code) == (202, 202), by_form.text
    links = by_form.json()["links"]
    assert set(OUTPUT_FORMATS) < set(links)
    first = await ended(http, by_form.json()["job_id"])
    second = await ended(http, by_query.json()["job_id"])
    assert (first["state"], second["state"]) == ("success", "success")

    made = await http.get(links["pdf"])
    assert (made.status_code, made.headers["content-type"]) == (200, "application/pdf")
    assert made.content.startswith(b"%PDF")
    assert made.headers["content-disposition"].startswith('attachment; filename="a b.pdf"')
    assert "content-encoding" not in made.headers
    part = await http.get(links["pdf"], headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"%PDF")
    assert (
        await http.get(links["pdf"], headers={"If-None-Match": made.headers["etag"]})
    ).status_code == 304

    rows = await http.get(links["tsv"])
    assert rows.headers["content-type"] == "text/tab-separated-values; charset=utf-8"
    assert rows.text.startswith("level\t")
    pages = (await http.get(links["jsonl"])).text.splitlines()
    whole = (await http.get(links["json"])).json()
    assert [json.loads(each) for each in pages] == whole["results"]
    assert (await http.get(links["result"])).json() == whole

    wrong = await http.post("/jobs?formats=docx", content=pdf(1))
    assert (wrong.status_code, wrong.json()["detail"].split(";")[0]) == (
        400, "formats: 'docx' is no output format"
    )  # fmt: skip


async def test_a_format_made_afterwards_is_the_same_for_all_who_ask(
    http: httpx.AsyncClient,
) -> None:
    job = (await http.post("/jobs?dpi=72", content=pdf(3))).json()
    early = await http.get(job["links"]["pdf"])
    assert (early.status_code, "wait for its end" in early.text) in {(409, True), (200, False)}
    await ended(http, job["job_id"])
    answers = await asyncio.gather(*(http.get(job["links"]["tsv"]) for _ in range(5)))
    assert {each.status_code for each in answers} == {200}
    assert len({each.headers["etag"] for each in answers}) == 1
    assert (await http.get("/jobs/none/pdf")).status_code == 404

    failed = (await http.post("/jobs", content=b"no document")).json()
    reason = (await ended(http, failed["job_id"]))["metrics"]["errors"][0]
    refused = await http.get(failed["links"]["alto"])
    assert (refused.status_code, refused.json()["type"]) == (
        422, "urn:distributed-ocr:format-unavailable"
    )  # fmt: skip
    assert refused.json()["title"] == "The format cannot be made of this job"
    assert reason in refused.json()["detail"]

    await http.delete(f"/jobs/{job['job_id']}?purge=true")
    assert (await http.get(job["links"]["tsv"])).status_code == 404


async def test_without_an_aggregator_a_format_is_refused_in_words(broker: Broker) -> None:
    names = {name: f"job-1/0/{name}" for name in ("result", "text", "markdown", "pages")}
    await JobStore(broker).publish_summary(job_summary(outputs=Outputs(**names)))
    settings = GatewaySettings(
        host="127.0.0.1", port=0, keys=ApiKeys.parse("", off=True), defaults=JobOptions(),
        version="0",
    )  # fmt: skip
    transport = httpx.ASGITransport(app=application(Parts(broker, settings)))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        refused = await client.get("/jobs/job-1/hocr")
        expired = await client.get("/jobs/job-1/text")
    assert refused.status_code == 503
    assert "no aggregator answers" in refused.json()["detail"]
    assert expired.status_code == 410
