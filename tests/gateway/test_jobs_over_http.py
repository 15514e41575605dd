"""The way of a document through the gateway."""

import asyncio
import json
from typing import Any

import httpx

from tests.documents import pdf
from tests.waiting import wait_until


async def ended(http: httpx.AsyncClient, job_id: str) -> dict[str, Any]:
    """The job once it has ended."""
    found: dict[str, Any] = {}

    async def has_ended() -> bool:
        found.update((await http.get(f"/jobs/{job_id}")).json())
        return found["state"] not in {"queued", "running", "cancelling"}

    await wait_until(has_ended, f"the end of {job_id}", 30.0)
    return found


async def test_a_document_goes_in_by_form_or_bare_and_its_outputs_come_out(
    http: httpx.AsyncClient,
) -> None:
    bare = await http.post(
        "/jobs?dpi=72&filename=a%20b.pdf",
        content=pdf(3),
        headers={"Content-Type": "application/pdf"},
    )
    assert bare.status_code == 202, bare.text
    told = bare.json()
    assert told["known"] is False
    assert bare.headers["location"] == told["links"]["self"] == f"/jobs/{told['job_id']}"
    form = await http.post(
        "/jobs", files={"file": ("form.pdf", pdf(2), "application/pdf")}, data={"dpi": "72"}
    )
    assert form.status_code == 202, form.text

    first = await ended(http, told["job_id"])
    assert (first["state"], first["filename"], first["total_pages"]) == ("success", "a b.pdf", 3)
    assert first["metrics"]["pages_processed"] == 3
    second = await ended(http, form.json()["job_id"])
    assert (second["filename"], second["pages_done"]) == ("form.pdf", 2)

    result = await http.get(told["links"]["result"])
    assert result.headers["content-type"] == "application/json"
    assert set(result.json()) == {"metrics", "results", "combined_text", "combined_markdown"}
    assert result.json()["metrics"] == first["metrics"]
    text = await http.get(told["links"]["text"])
    assert text.text == result.json()["combined_text"]
    assert text.headers["content-disposition"].startswith('attachment; filename="a b.txt"')
    assert (await http.get(told["links"]["markdown"])).status_code == 200

    etag = result.headers["etag"]
    again = await http.get(told["links"]["result"], headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    part = await http.get(
        told["links"]["text"], headers={"Range": "bytes=3-12", "Accept-Encoding": "identity"}
    )
    assert (part.status_code, part.text) == (206, text.text[3:13])
    tail = await http.get(told["links"]["text"], headers={"Range": "bytes=-5"})
    assert tail.text == text.text[-5:]
    beyond = await http.get(told["links"]["text"], headers={"Range": "bytes=999999-"})
    assert beyond.status_code == 416

    listed = {each["job_id"]: each for each in (await http.get("/jobs")).json()["jobs"]}
    assert listed[told["job_id"]] == first
    assert form.json()["job_id"] in listed
    deleted = await http.delete(f"/jobs/{told['job_id']}?purge=true")
    assert deleted.status_code == 204
    assert (await http.get(f"/jobs/{told['job_id']}")).status_code == 404


async def test_progress_is_told_once_in_order_and_goes_on_where_it_was(
    http: httpx.AsyncClient,
) -> None:
    job_id = (await http.post("/jobs?dpi=72", content=pdf(20))).json()["job_id"]
    events = await follow(http, job_id)
    assert [each["id"] for each in events[:-1]] == [str(n) for n in range(21)]
    assert [each["event"] for each in events] == ["accepted", *["page_done"] * 20, "summary"]
    assert json.loads(events[-1]["data"])["status"] == "success"
    # After the end, and from the middle.
    rest = await follow(http, job_id, after="17")
    assert [each.get("id") for each in rest] == ["18", "19", "20", None]


async def follow(
    http: httpx.AsyncClient, job_id: str, after: str | None = None
) -> list[dict[str, str]]:
    """All events until the stream ends."""
    events: list[dict[str, str]] = []
    headers = {"Last-Event-ID": after} if after is not None else {}
    async with http.stream("GET", f"/jobs/{job_id}/events", headers=headers) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        event: dict[str, str] = {}
        async for line in stream.aiter_lines():
            if not line and "data" in event:
                events.append(event)
            if not line:
                event = {}
            name, _, value = line.partition(": ")
            event[name] = value
    return events


async def test_the_same_key_is_the_same_job_and_another_document_is_refused(
    http: httpx.AsyncClient,
) -> None:
    key = {"Idempotency-Key": "invoice 17"}
    first = await http.post("/jobs?dpi=72", content=pdf(2), headers=key)
    job_id = first.json()["job_id"]
    second = await http.post("/jobs?dpi=72", content=pdf(2), headers=key)
    assert (second.status_code, second.json()["job_id"]) == (202, job_id)
    await ended(http, job_id)
    third = await http.post("/jobs?dpi=72", content=pdf(2), headers=key)
    assert (third.json()["known"], third.json()["state"]) == (True, "success")
    other = await http.post("/jobs", content=pdf(3), headers=key)
    assert other.status_code == 409
    assert "belongs to another document" in other.json()["detail"]


async def test_waiting_for_a_document_answers_with_its_result(http: httpx.AsyncClient) -> None:
    answer = await http.post(
        "/ocr/pdf", files={"file": ("x.pdf", pdf(2))}, data={"dpi": "72", "language": "en"}
    )
    assert answer.status_code == 200, answer.text
    assert [page["page_number"] for page in answer.json()["results"]] == [1, 2]
    assert answer.headers["x-job-id"]
    broken = await http.post("/ocr/image", content=b"this is no image")
    assert broken.status_code == 200
    assert broken.json()["metrics"]["status"] == "failed"
    assert broken.json()["metrics"]["errors"]


async def test_errors_are_problem_documents_that_say_what_to_do(http: httpx.AsyncClient) -> None:
    for method, path, status, words in (
        ("GET", "/jobs/nobody", 404, "there is no job nobody"),
        ("DELETE", "/jobs/nobody", 404, "there is no job nobody"),
        ("GET", "/jobs/nobody/events", 404, "there is no job nobody"),
        ("POST", "/jobs?dpi=5", 400, "dpi 5 is out of range"),
        ("POST", "/jobs?language=klingon", 400, "klingon"),
        ("GET", "/jobs?limit=0", 422, "limit"),
        ("GET", "/jobs?cursor=x", 422, "cursor"),
        ("GET", "/elsewhere", 404, "/docs lists"),
        ("PATCH", "/jobs", 405, "/docs lists"),
    ):
        answer = await http.request(method, path, content=b"x" if method == "POST" else None)
        assert answer.status_code == status, (path, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        assert words in answer.json()["detail"]
        assert answer.json()["status"] == status
    no_file = await http.post("/jobs", files={"other": ("x", b"y")})
    assert (no_file.status_code, "field 'file'" in no_file.json()["detail"]) == (422, True)


async def test_head_answers_as_get_does_but_for_the_body(http: httpx.AsyncClient) -> None:
    job_id = (await http.post("/jobs?dpi=72", content=pdf(2))).json()["job_id"]
    await ended(http, job_id)
    # Of each moment, or of each request.
    own = {"date", "traceparent", "transfer-encoding", "content-length"}
    for path, status, length in (
        ("/health", 200, False),
        ("/jobs", 200, False),
        (f"/jobs/{job_id}", 200, True),
        (f"/jobs/{job_id}/text", 200, True),
        (f"/jobs/{job_id}/pdf", 200, True),
        (f"/jobs/{job_id}/events", 200, False),
        ("/openapi.json", 200, True),
        ("/metrics", 200, False),
        ("/jobs/nobody", 404, True),
        ("/ocr/pdf", 405, True),
    ):
        head = await http.head(path, headers={"Accept-Encoding": "identity", "Range": "bytes=3-"})
        assert (head.status_code, head.content) == (status, b""), path
        get = await http.get(path, headers={"Accept-Encoding": "identity"})
        assert {name: value for name, value in head.headers.items() if name not in own} == {
            name: value for name, value in get.headers.items() if name not in own
        }
        if length:
            assert head.headers["content-length"] == str(len(get.content)), path
    assert "HEAD" in (await http.put("/jobs")).headers["allow"].split(", ")
    assert "HEAD" not in (await http.put("/ocr/pdf")).headers["allow"].split(", ")
    counted = (await http.get("/metrics")).text
    assert 'method="HEAD",route="/jobs/{job_id}/text",status="200"' in counted


async def test_a_cancelled_job_says_so_and_ends_with_what_was_read(
    http: httpx.AsyncClient,
) -> None:
    job_id = (await http.post("/jobs?dpi=72", content=pdf(150))).json()["job_id"]
    early = await http.get(f"/jobs/{job_id}/result")
    assert (early.status_code, "wait for its end" in early.json()["detail"]) == (409, True)
    cancelled = await http.delete(f"/jobs/{job_id}")
    assert (cancelled.status_code, cancelled.json()["state"]) == (202, "cancelling")
    last = (await follow(http, job_id))[-1]
    assert json.loads(last["data"])["status"] == "cancelled"
    again = await http.delete(f"/jobs/{job_id}")
    assert (again.status_code, "has ended (cancelled)" in again.json()["detail"]) == (409, True)


async def test_who_hangs_up_cancels_unless_detached(http: httpx.AsyncClient) -> None:
    for job_id, detach, state in (("hung-up", "false", "cancelled"), ("left", "true", "success")):
        waiting = asyncio.create_task(
            http.post(
                f"/ocr/pdf?dpi=72&detach={detach}",
                content=pdf(100),
                headers={"Ocr-Job-Id": job_id},
            )
        )

        async def is_running(job_id: str = job_id) -> bool:
            return bool((await http.get(f"/jobs/{job_id}")).json().get("state") == "running")

        await wait_until(is_running, "the job to run", 20.0)
        waiting.cancel()
        await asyncio.wait({waiting})
        assert (await ended(http, job_id))["state"] == state
