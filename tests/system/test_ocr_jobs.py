"""The NATS service `ocr-jobs`, asked by a client that is not ours."""

import asyncio
import json

from contracts.job_identity import job_id_for_key
from tests.documents import pdf
from tests.raw_nats import RawNats
from tests.running_services import Start
from tests.system.nats_doors import WRONG_HEADERS, Endings, all_doors, answers
from tests.waiting import wait_until


async def test_the_service_ocr_jobs_answers_and_refuses_in_words(
    raw: RawNats, start: Start
) -> None:
    await all_doors(start, raw)
    start("ingest", name="second-ingest")
    await wait_until(lambda: instances(raw, 2), "both ingests to answer", 30.0)
    endings = await Endings.of(raw)

    info = (await raw.request("$SRV.INFO.ocr-jobs")).json()
    assert (info["type"], info["name"]) == ("io.nats.micro.v1.info_response", "ocr-jobs")
    assert info["version"] == "0.1.0"
    known = {each["subject"]: each["metadata"] for each in info["endpoints"]}
    assert set(known) == {
        f"ocr.jobs.{n}" for n in ("submit", "seal", "get", "list", "cancel", "delete")
    }
    assert all({"description", "request", "answer"} <= set(each) for each in known.values())
    assert "nats object put UPLOADS" in known["ocr.jobs.submit"]["description"]

    # One of all answers, and a document is accepted once.
    queue = await raw.requests("ocr.jobs.submit", pdf(2), headers={"Ocr-Job-Id": "mine"})
    answer = (await asyncio.wait_for(queue.get(), 10)).json()
    assert answer == {"job_id": "mine", "state": "queued", "known": False}
    assert (await endings.of_job("mine"))["status"] == "success"
    answer = (await raw.request("ocr.jobs.submit", pdf(2), headers={"OCR-Job-id": "mine"})).json()
    assert answer == {"job_id": "mine", "state": "queued", "known": True}
    assert queue.empty()
    taken = await raw.request("ocr.jobs.submit", pdf(1), headers={"Ocr-Job-Id": "mine"})
    assert "belongs to another document" in (taken.error or "")
    assert taken.header("Nats-Service-Error-Code") == "409"

    # A key of the client's stands for an id; without one, each request is a job.
    for _ in range(2):
        answer = (
            await raw.request("ocr.jobs.submit", pdf(1), headers={"Nats-Msg-Id": "a key"})
        ).json()
        assert answer["job_id"] == job_id_for_key("a key")
    new = (await raw.request("ocr.jobs.submit", pdf(1))).json()["job_id"]
    for job in (new, job_id_for_key("a key")):
        assert (await endings.of_job(job))["status"] == "success"

    # What is wrong is refused at once, and nothing of it accepted.
    for header, value, words in [*WRONG_HEADERS, ("Ocr-Job-Id", "a.b", "letters, digits")]:
        refused = await raw.request("ocr.jobs.submit", pdf(1), headers={header.upper(): value})
        assert (refused.error or "").startswith(f"header {header}: "), refused
        assert words in refused.json()["error"]
        assert refused.header("Nats-Service-Error-Code") == "400"
    assert "has no document" in ((await raw.request("ocr.jobs.submit")).error or "")

    # get and list.
    for body in (b"mine", b" mine\n", b'"mine"', b'{"job_id": "mine"}'):
        state = (await raw.request("ocr.jobs.get", body)).json()
        assert (state["job_id"], state["state"], state["total_pages"]) == ("mine", "success", 2)
        assert state["metrics"]["pages_processed"] == 2
    listed = (await raw.request("ocr.jobs.list")).json()
    assert {each["job_id"] for each in listed["jobs"]} == {"mine", new, job_id_for_key("a key")}
    first = (await raw.request("ocr.jobs.list", b'{"limit": 1, "state": "success"}')).json()
    assert len(first["jobs"]) == 1
    more = json.dumps({"cursor": first["cursor"]}).encode()
    assert len((await raw.request("ocr.jobs.list", more)).json()["jobs"]) == 2

    for subject, body, code, words in WRONG_REQUESTS:
        refused = await raw.request(subject, body)
        assert refused.header("Nats-Service-Error-Code") == code, (subject, body, refused)
        assert words in refused.json()["error"], (subject, body)

    # delete forgets.
    gone = (await raw.request("ocr.jobs.delete", b"mine")).json()
    assert gone == {"job_id": "mine", "deleted": True}
    assert (await raw.request("ocr.jobs.get", b"mine")).header("Nats-Service-Error-Code") == "404"
    deleted = await raw.request("ocr.jobs.submit", pdf(2), headers={"Ocr-Job-Id": "mine"})
    assert "was deleted" in (deleted.error or "")

    stats = [(await raw.request("$SRV.STATS.ocr-jobs")).json()]
    queue = await raw.requests("$SRV.STATS.ocr-jobs")
    stats = [(await asyncio.wait_for(queue.get(), 10)).json() for _ in range(2)]
    counted = [each for one in stats for each in one["endpoints"] if each["name"] == "submit"]
    assert sum(each["num_requests"] for each in counted) == 15
    assert sum(each["num_errors"] for each in counted) == 10


async def instances(raw: RawNats, count: int) -> bool:
    queue = await raw.requests("$SRV.PING.ocr-jobs")
    await raw.ping()
    try:
        async with asyncio.timeout(0.5):
            for _ in range(count):
                await queue.get()
    except TimeoutError:
        return False
    return True


WRONG_REQUESTS = [
    ("ocr.jobs.get", b"", "400", "names no job"),
    ("ocr.jobs.get", b"never-was", "404", "there is no job never-was"),
    ("ocr.jobs.get", b"a.b", "400", "job id 'a.b' cannot be used"),
    ("ocr.jobs.get", b"\xff\xfe", "400", "is not text"),
    ("ocr.jobs.get", b"{broken", "400", "cannot be read as JSON"),
    ("ocr.jobs.get", b'{"id": 5}', "400", "names no job"),
    ("ocr.jobs.get", b"[" * 3000, "400", "cannot be used"),
    ("ocr.jobs.get", b'{"job_id":' * 400, "400", "cannot be read as JSON"),
    ("ocr.jobs.get", pdf(1) * 9, "400", "too much"),
    ("ocr.jobs.list", b"[1]", "400", "limit (a number)"),
    ("ocr.jobs.list", b'{"limit": "5"}', "400", "limit"),
    ("ocr.jobs.list", b'{"limit": 0}', "400", "choose 1 to 500"),
    ("ocr.jobs.list", b'{"state": "lost"}', "400", "none of: queued, running"),
    ("ocr.jobs.list", b'{"cursor": "x"}', "400", "none of ours"),
    ("ocr.jobs.list", b'{"page": 2}', "400", "page"),
    ("ocr.jobs.cancel", b"never-was", "404", "there is no job"),
    ("ocr.jobs.cancel", b"mine", "409", "has ended"),
    ("ocr.jobs.delete", b"never-was", "404", "there is no job"),
]


async def test_a_job_is_cancelled_once_and_ends(raw: RawNats, start: Start) -> None:
    start("ingest")
    start("aggregator")  # and no node: it would never end by itself
    await wait_until(lambda: answers(raw), "service ocr-jobs to answer", 30.0)
    endings = await Endings.of(raw)
    await raw.request("ocr.jobs.submit", pdf(2), headers={"Ocr-Job-Id": "job"})

    async def runs() -> bool:
        return bool((await raw.request("ocr.jobs.get", b"job")).json()["state"] == "running")

    await wait_until(runs, "the document to be opened", 15.0)
    assert (await raw.request("ocr.jobs.delete", b"job")).error is not None
    cancelled = await raw.request("ocr.jobs.cancel", b'{"job_id": "job"}')
    assert cancelled.json()["state"] in {"cancelling", "cancelled"}
    again = await raw.request("ocr.jobs.cancel", b"job")
    assert again.header("Nats-Service-Error-Code") == "409"
    assert (await endings.of_job("job"))["status"] == "cancelled"
