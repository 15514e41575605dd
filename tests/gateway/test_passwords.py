"""Encrypted documents at every door: opened with their password, which nobody keeps in clear."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.errors import InvalidOption
from contracts.job_identity import job_id_for_key
from docr.client import AsyncClient
from tests.documents import encoded, encrypted_pdf, picture
from tests.gateway.conftest import Open, System
from tests.gateway.test_jobs_over_http import ended
from tests.ingest.zips import encrypted_zip
from tests.raw_nats import RawNats
from tests.waiting import wait_until

SECRET = "Zx-geheim-ü-4711"  # noqa: S105
# Another one, for the ways on which the broker stores what it is given before anybody sees it.
BETRAYED = "Yq-betrayed-0815"
LOCKED = encrypted_pdf(SECRET.encode())


@pytest.fixture
async def raw(system: System) -> AsyncIterator[RawNats]:
    async with RawNats.connect(system.broker.url) as client:
        yield client


def _found_below(folder: Path, secret: bytes) -> list[str]:
    return [
        str(path) for path in folder.rglob("*") if path.is_file() and secret in path.read_bytes()
    ]


async def test_a_password_opens_at_every_door_and_is_written_nowhere(
    http: httpx.AsyncClient, address: str, system: System, raw: RawNats
) -> None:
    as_header = {b"Ocr-Password": SECRET.encode()}
    archive = encrypted_zip({"a.png": encoded(picture("a")), "b.pdf": LOCKED}, SECRET.encode())
    answers = [
        await http.post("/jobs?dpi=72", content=LOCKED, headers=as_header),
        await http.post(
            "/jobs", files={"file": ("x.pdf", LOCKED)}, data={"password": SECRET, "dpi": "72"}
        ),
        await http.post("/jobs?dpi=72&job_id=sealed-zip", content=archive, headers=as_header),
    ]
    jobs = [each.json()["job_id"] for each in answers]
    for url in (address, system.broker.url):
        async with AsyncClient(url) as client:
            jobs.append((await client.submit(LOCKED, password=SECRET, dpi=72)).id)
    submitted = await raw.request("ocr.jobs.submit", LOCKED, headers={"ocr-password": SECRET})
    jobs.append(submitted.json()["job_id"])
    # Sealed on request, a password may go where it is stored.
    sealed = (await raw.request("ocr.jobs.seal", SECRET.encode())).json()["sealed"]
    assert SECRET not in sealed
    headers = {"Ocr-Sealed-Password": sealed, "Ocr-Job-Id": "sealed-queue"}
    await raw.request("ocr.submit", LOCKED, headers=headers)
    await raw.put_object(
        "UPLOADS", "x.pdf", LOCKED, nuid="sealed1", metadata={"Ocr-Sealed-Password": sealed}
    )
    await _known(http, "sealed-queue")
    await _known(http, job_id_for_key("sealed1"))
    jobs += ["sealed-queue", job_id_for_key("sealed1")]
    for job_id in jobs:
        job = await ended(http, job_id)
        assert job["state"] == "success", job
    # What opens a document lies sealed beside it, for who asks for its PDF later.
    for job_id in (jobs[0], jobs[1], jobs[-1]):
        answer = await http.get(f"/jobs/{job_id}/pdf")
        assert answer.content.startswith(b"%PDF-"), answer.text
        assert b"/Encrypt" not in answer.content
    told = [
        json.dumps((await http.get("/jobs")).json()),
        (await http.get("/metrics")).text,
        (await http.get(f"/jobs/{jobs[0]}/events")).text,
        (await http.get(f"/jobs/{jobs[2]}/result")).text,
    ]
    for spelled in (SECRET, SECRET.encode("unicode_escape").decode()):
        assert not any(spelled in each for each in told)
    for raw_secret in (SECRET.encode(), SECRET.encode("latin-1"), b"geheim-\\u00fc"):
        assert _found_below(system.folder, raw_secret) == []
    # The search finds what is there: names of jobs are in logs and on the broker.
    assert _found_below(system.folder, b"sealed-zip")


async def _known(http: httpx.AsyncClient, job_id: str) -> None:
    """Returns once an ingest has seen what was put on the broker."""

    async def is_known() -> bool:
        return (await http.get(f"/jobs/{job_id}")).status_code != 404

    await wait_until(is_known, f"job {job_id} to be known", 30.0)


async def test_a_missing_and_a_wrong_password_are_told_apart(http: httpx.AsyncClient) -> None:
    for headers, words in (
        ({}, "encrypted and needs a password; submit it again with it"),
        ({"Ocr-Password": "wrong"}, "the password that came with it is not its password"),
    ):
        answer = await http.post("/ocr/pdf", content=LOCKED, headers=headers)
        metrics = answer.json()["metrics"]
        assert metrics["status"] == "failed"
        assert words in metrics["errors"][0]


async def test_a_clear_password_where_it_is_stored_ends_the_job_in_words(
    http: httpx.AsyncClient, system: System, raw: RawNats
) -> None:
    headers = {"Ocr-Password": BETRAYED, "Ocr-Job-Id": "betrayed"}
    await raw.request("ocr.submit", LOCKED, headers=headers)
    await raw.put_object(
        "UPLOADS", "y.pdf", LOCKED, nuid="betrayed1", headers={"Ocr-Password": [BETRAYED]}
    )
    for job_id in ("betrayed", job_id_for_key("betrayed1")):
        await _known(http, job_id)
        job = await ended(http, job_id)
        assert job["state"] == "failed"
        assert "hand the document in by a request to ocr.jobs.submit or by HTTP" in str(job)
        assert BETRAYED not in str(job)
    assert not any(BETRAYED in json.dumps(line) for line in system.log_lines())


async def test_a_password_in_an_address_is_refused_without_repeating_it(
    http: httpx.AsyncClient,
) -> None:
    answer = await http.post("/jobs?password=Qq-7", content=LOCKED)
    assert answer.status_code == 422
    assert "field 'password' of the form" in answer.json()["detail"]
    assert "Qq-7" not in answer.text


async def test_without_a_key_a_door_refuses_a_password_and_names_the_setting(
    system: System, gateway: Open
) -> None:
    address = system.address_of(gateway(OCR_SECRET_KEY=""))
    async with httpx.AsyncClient(base_url=address, timeout=30) as http:
        given: list[dict[str, Any]] = [
            {"content": LOCKED, "headers": {"Ocr-Password": SECRET.encode()}},
            {"files": {"file": ("x.pdf", LOCKED)}, "data": {"password": SECRET}},
        ]
        for each in given:
            answer = await http.post("/jobs", **each)
            assert answer.status_code == 400
            assert "set OCR_SECRET_KEY" in answer.json()["detail"]
    async with AsyncClient(address) as client:
        with pytest.raises(InvalidOption, match="set OCR_SECRET_KEY"):
            await client.submit(LOCKED, password=SECRET)
