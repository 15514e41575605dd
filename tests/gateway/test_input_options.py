"""What a submitter may set: each option arrives, and what is misspelt is refused."""

import base64
import json
from typing import Any

import httpx
import pytest

from tests.documents import encoded, pdf, picture
from tests.gateway.conftest import System
from tests.gateway.test_jobs_over_http import ended
from tests.ingest.zips import zipped
from tests.raw_nats import RawNats
from tests.waiting import wait_until


@pytest.mark.parametrize("how", ["address", "form", "headers"])
async def test_mode_quality_and_running_heads_arrive(
    http: httpx.AsyncClient, system: System, how: str
) -> None:
    wanted = {"mode": "ocr", "quality": "best", "running_heads": "drop"}
    content = pdf(60)
    match how:
        case "address":
            answer = await http.post("/jobs?dpi=72", params={"dpi": 72, **wanted}, content=content)
        case "form":
            files = {"file": ("x.pdf", content)}
            answer = await http.post("/jobs", files=files, data={"dpi": "72", **wanted})
        case _:
            names = {f"Ocr-{name.replace('_', '-')}": value for name, value in wanted.items()}
            answer = await http.post("/jobs?dpi=72", content=content, headers=names)
    assert answer.status_code == 202, answer.text
    job_id = answer.json()["job_id"]
    options: dict[str, Any] = {}
    async with RawNats.connect(system.broker.url) as raw:
        question = json.dumps({"last_by_subj": f"$KV.JOBS.{job_id}.document"}).encode()

        async def is_noted() -> bool:
            stored = (await raw.request("$JS.API.STREAM.MSG.GET.KV_JOBS", question)).json()
            options.update(stored.get("message", {}))
            return bool(options)

        await wait_until(is_noted, "the job's facts", 20.0)
    noted = base64.b64decode(options["hdrs"]).decode()
    for line in ("Ocr-Mode: ocr", "Ocr-Quality: best", "Ocr-Running-Heads: drop"):
        assert line in noted
    await http.delete(f"/jobs/{job_id}")
    await ended(http, job_id)


async def test_what_is_misspelt_is_refused_with_the_nearest_name(http: httpx.AsyncClient) -> None:
    document = pdf(1)
    given: list[tuple[dict[str, Any], int, str]] = [
        ({"params": {"langauge": "de"}, "content": document}, 422, "did you mean language?"),
        ({"params": {"wait": "1"}, "content": document}, 422, "known are: "),
        ({"headers": {"Ocr-Langage": "de"}, "content": document}, 422, "mean Ocr-Language?"),
        ({"headers": {"Ocr-Running_Heads": "drop"}, "content": document}, 422, "Running-Heads?"),
        ({"files": {"file": document}, "data": {"qualty": "best"}}, 422, "did you mean quality?"),
        ({"files": {"file": document}, "data": {"job_id": "x"}}, 422, "in the address"),
        ({"params": {"mode": "magic"}, "content": document}, 400, "auto, ocr, text"),
        ({"params": {"quality": "good"}, "content": document}, 400, "fast, balanced, best"),
        ({"files": {"file": document}, "data": {"running_heads": "no"}}, 400, "keep, drop"),
    ]
    for each, status, words in given:
        answer = await http.post("/jobs", **each)
        assert answer.status_code == status, (each, answer.text)
        assert words in answer.json()["detail"], answer.text
    answer = await http.get("/jobs?staet=running")
    assert answer.status_code == 422
    assert "did you mean state?" in answer.json()["detail"]


async def test_a_misspelt_header_at_nats_fails_the_job_and_names_the_nearest(
    http: httpx.AsyncClient, system: System
) -> None:
    async with RawNats.connect(system.broker.url) as raw:
        done = await raw.subscribe("ocr.done.>")
        await raw.ping()
        refused = await raw.request("ocr.jobs.submit", pdf(1), headers={"Ocr-Qualty": "best"})
        assert "did you mean Ocr-Quality?" in (refused.error or "")
        await raw.request("ocr.submit", pdf(1), headers={"Ocr-Pags": "1", "Ocr-Job-Id": "misspelt"})
        await raw.put_object("UPLOADS", "z", pdf(1), nuid="pags", metadata={"Ocr-Pags": "1"})
        for _ in range(2):
            summary = (await done.get()).json()
            assert summary["status"] == "failed"
            assert "header Ocr-Pags is not known; did you mean Ocr-Pages?" in summary["errors"][0]


async def test_a_zip_is_one_job_of_several_documents(http: httpx.AsyncClient) -> None:
    archive = zipped(
        {
            "page10.png": encoded(picture("ten")),
            "page2.pdf": pdf(3),
            "notes.txt": b"not a document\n",
        }
    )
    answer = await http.post("/ocr/pdf?dpi=72&filename=inbox.zip", content=archive)
    result = answer.json()
    metrics = result["metrics"]
    assert (metrics["status"], metrics["total_pages"]) == ("partial_success", 5)
    assert [
        (each["filename"], each["first_page_number"], each["pages"], each["error"] is None)
        for each in metrics["documents"]
    ] == [("notes.txt", 1, 1, False), ("page2.pdf", 2, 3, True), ("page10.png", 5, 1, True)]
    assert [(each["page_number"], each["document"]) for each in result["results"]] == [
        (1, "notes.txt"),
        *((number, "page2.pdf") for number in (2, 3, 4)),
        (5, "page10.png"),
    ]
    assert metrics["errors"][0].startswith("page 1 (notes.txt): the file is not a document")

    # Pages are counted over all documents.
    answer = await http.post("/ocr/pdf?dpi=72&pages=4-5", content=archive)
    told = [(each["page_number"], each["document"]) for each in answer.json()["results"]]
    assert told == [(4, "page2.pdf"), (5, "page10.png")]

    single = (await http.post("/ocr/pdf?dpi=72", content=pdf(1))).json()
    assert (single["results"][0]["document"], single["metrics"]["documents"]) == (None, [])
