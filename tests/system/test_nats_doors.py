"""The doors of NATS as others use them: by the bare protocol, without any client library."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from broker.connection import Broker
from contracts.job_identity import job_id_for_key
from contracts.topology import MIB
from tests.conftest import SMALL_TOPOLOGY
from tests.documents import pdf
from tests.examples import manifest
from tests.raw_nats import RawMessage, RawNats, object_token
from tests.running_services import Start, log_of, messages_in, nothing_is_left
from tests.waiting import wait_until

SERVICES = ("ingest", "node", "aggregator")


@pytest.fixture
async def raw(broker: Broker, broker_url: str) -> AsyncIterator[RawNats]:
    """A client over a plain socket, to a broker with the topology."""
    async with RawNats.connect(broker_url) as client:
        yield client


class Endings:
    """Summaries as `ocr.done` tells them, by job."""

    def __init__(self, queue: "asyncio.Queue[RawMessage]") -> None:
        self._queue = queue
        self.told: dict[str, dict[str, Any]] = {}

    @classmethod
    async def of(cls, raw: RawNats) -> "Endings":
        endings = cls(await raw.subscribe("ocr.done.>"))
        await raw.ping()
        return endings

    async def of_job(self, job_id: str, timeout_s: float = 30.0) -> dict[str, Any]:
        async with asyncio.timeout(timeout_s):
            while job_id not in self.told:
                await self._one()
        return self.told[job_id]

    async def any_other(self) -> dict[str, Any]:
        """The next one that ends."""
        return await asyncio.wait_for(self._one(), 30)

    async def _one(self) -> dict[str, Any]:
        message = await self._queue.get()
        summary: dict[str, Any] = message.json()
        assert message.subject == f"ocr.done.{summary['job_id']}"
        assert summary["job_id"] not in self.told, "told twice"
        self.told[summary["job_id"]] = summary
        return summary


async def all_doors(start: Start, raw: RawNats) -> None:
    """Starts a small fleet; returns once `ocr-jobs` answers."""
    for service in SERVICES:
        start(service)
    await wait_until(lambda: answers(raw), "service ocr-jobs to answer", 30.0)


async def answers(raw: RawNats) -> bool:
    return (await raw.request("$SRV.PING.ocr-jobs")).data != b""


async def test_documents_come_in_and_summaries_go_out_by_the_bare_protocol(
    raw: RawNats, start: Start, broker: Broker
) -> None:
    await all_doors(start, raw)
    endings = await Endings.of(raw)
    events = await raw.subscribe("ocr.events.first")

    # ocr.submit: a request is answered by the stream itself, once the document is safe.
    ack = await raw.request(
        "ocr.submit",
        pdf(3),
        headers={"ocr-job-id": "first", "OCR-PAGES": "1-2", "Ocr-Filename": "M%C3%A4rz.pdf"},
    )
    assert (ack.json()["stream"], "seq" in ack.json()) == ("SUBMIT", True)
    summary = await endings.of_job("first")
    assert (summary["status"], summary["pages_processed"]) == ("success", 2)
    assert summary["filename"] == "März.pdf"

    # Progress, each step once.
    told: list[dict[str, Any]] = []
    while not told or told[-1]["event"] != "finished":
        told.append((await asyncio.wait_for(events.get(), 10)).json())
    assert [each["event"] for each in told] == ["accepted", "page_done", "page_done", "finished"]
    assert (told[2]["done"], told[2]["total"]) == (2, 2)

    # Kept for late readers: by the API of JetStream, as `nats stream get` asks.
    stored = await raw.request(
        "$JS.API.STREAM.MSG.GET.SUMMARY", b'{"last_by_subj": "ocr.summary.first"}'
    )
    assert stored.json()["message"]["subject"] == "ocr.summary.first"

    # Without any header, as `nats pub --force-stdin` sends it.
    await raw.publish("ocr.submit", pdf(1))
    summary = await endings.any_other()
    assert (summary["status"], summary["filename"]) == ("success", "document")

    # What is wrong with a header is said in the summary, and the header named.
    for number, (header, value, words) in enumerate(WRONG_HEADERS):
        await raw.publish(
            "ocr.submit", pdf(1), headers={"Ocr-Job-Id": f"wrong-{number}", header: value}
        )
        summary = await endings.of_job(f"wrong-{number}")
        assert summary["status"] == "failed"
        assert summary["errors"][0].startswith(f"header {header}: "), summary["errors"]
        assert words in summary["errors"][0]
    await raw.publish("ocr.submit", pdf(1), headers={"Ocr-Job-Id": "a.b"})
    summary = await endings.any_other()
    assert "header Ocr-Job-Id: job id 'a.b' cannot be used" in summary["errors"][0]
    await wait_until(lambda: nothing_is_left(broker), "the broker to be tidy", 15.0)


async def test_messages_that_nats_py_cannot_parse_stop_nobody(
    raw: RawNats, start: Start, broker: Broker
) -> None:
    # Another job's manifest in a job's place, long past its deadline.
    forged = manifest(job_id="{}", deadline=datetime(2020, 1, 1, tzinfo=UTC))
    await raw.request("$KV.JOBS.other.manifest", forged.model_dump_json().encode())
    await raw.request("ocr.page.bulk.latin.default.\xff".encode("latin-1"), b"x")
    for block in (b"NATS/1.0 \xff\xff\xff\r\n\r\n", b"NATS/1.0", b"NATS/1.0 503\r\n\r\n"):
        await raw.request("ocr.submit", pdf(1), headers=block)
    await raw.request("ocr.submit", pdf(1), headers="NATS/1.0\r\nOcr-Job-Id: ä\r\n\r\n".encode())
    endings = await Endings.of(raw)
    services = [start(service) for service in SERVICES]
    summaries = [await endings.any_other() for _ in range(4)]
    assert sorted(each["status"] for each in summaries) == ["failed", *["success"] * 3]
    await raw.request("$KV.JOBS.other.manifest", b"", headers={"KV-Operation": "PURGE"})

    async def is_drained() -> bool:
        return await messages_in(broker, "SUBMIT") + await messages_in(broker, "PAGES") == 0

    await wait_until(is_drained, "the queues to be empty", 30.0)
    assert [each.poll() for each in services] == [None] * 3


WRONG_HEADERS = [
    ("Ocr-Dpi", "many", "whole number of dots per inch"),
    ("Ocr-Language", "klingon", "choose one of"),
    ("Ocr-Pages", "0", "numbers and ranges from 1"),
    ("Ocr-Priority", "urgent", "interactive, bulk"),
    ("Ocr-Tenant", "a b", "letters, digits"),
    ("Ocr-Deadline-Seconds", "-1", "whole number of seconds"),
]


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
    assert set(known) == {f"ocr.jobs.{n}" for n in ("submit", "get", "list", "cancel", "delete")}
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


async def test_an_object_put_into_the_bucket_is_a_job_with_the_options_attached_to_it(
    raw: RawNats, start: Start, broker: Broker, tmp_path: Path
) -> None:
    await all_doors(start, raw)
    start("ingest", name="second-ingest")
    endings = await Endings.of(raw)

    # Large enough for several chunks; options from headers, as Go has them, and from metadata.
    large = pdf(3) + b"\n%" + b"x" * 200_000
    await raw.put_object(
        "UPLOADS", "in/März scan.pdf", large, nuid="one",
        headers={"ocr-pages": ["2-3"], "Other": ["x"]}, metadata={"OCR-TENANT": "library"},
    )  # fmt: skip
    summary = await endings.of_job(job_id_for_key("one"))
    assert (summary["status"], summary["pages_processed"]) == ("success", 2)
    assert (summary["filename"], summary["tenant"]) == ("März scan.pdf", "library")
    assert summary["file_size_bytes"] == len(large)

    await raw.put_object(
        "UPLOADS", "scan.pdf", pdf(1), nuid="two", metadata={"Ocr-Job-Id": "named"}
    )
    assert (await endings.of_job("named"))["filename"] == "scan.pdf"

    # Whatever is attached costs that job only, and its header is named.
    for number, (header, value) in enumerate(ODD_VALUES):
        await raw.put_object(
            "UPLOADS", f"odd-{number}", pdf(1), nuid=f"odd{number}", headers={header: value}
        )
        summary = await endings.of_job(job_id_for_key(f"odd{number}"))
        assert summary["status"] == "failed"
        assert summary["errors"][0].startswith(f"header {header}: "), summary["errors"]
        assert len(summary["errors"][0]) < 600

    # Not documents: an entry of nonsense, a removal, an object of a part of the system, a link.
    for entry in (b"no JSON", b"{}", b"[" * 100_000, b'{"name": "x", "nuid": "a.b"}', b""):
        await raw.request(f"$O.UPLOADS.M.{object_token('x')}", entry)
    await raw.put_object("UPLOADS", "gone", b"", nuid="gone", deleted=True)
    await raw.put_object(
        "UPLOADS", "job/document-1", pdf(1), nuid="ours", headers={"Distributed-Ocr": ["internal"]}
    )
    await raw.put_object(
        "UPLOADS", "link", b"", nuid="link", options={"link": {"bucket": "UPLOADS", "name": "x"}}
    )
    summary = await endings.of_job(job_id_for_key("link"))
    assert "is a link to another object" in summary["errors"][0]

    # The same object again, as after an update of its entry: the same job, which has ended.
    await raw.put_object(
        "UPLOADS", "scan.pdf", pdf(1), nuid="two", metadata={"Ocr-Job-Id": "named"}
    )
    await raw.put_object("UPLOADS", "last.pdf", pdf(1), nuid="last")
    assert (await endings.of_job(job_id_for_key("last")))["status"] == "success"
    assert len(endings.told) == 4 + len(ODD_VALUES)
    await wait_until(lambda: nothing_is_left(broker), "the broker to be tidy", 15.0)
    await wait_until(lambda: has_no_uploads_pending(raw), "all entries to be acked", 15.0)
    assert "an object was passed over" in log_of(tmp_path / "services")


ODD_VALUES: list[tuple[str, Any]] = [
    ("Ocr-Language", ["de\r\nOcr-Dpi: 300"]),
    ("Ocr-Language", ["dé"]),
    ("Ocr-Language", ["de", "fr"]),
    ("Ocr-Dpi", ["9" * 1_000_000]),
    ("Ocr-Dpi", {"a": 1}),
    ("Ocr-Dpi", None),
    ("Ocr-Pages", ["1," * 100_000 + "1"]),
    ("Ocr-Tenant", ["\ud800"]),
    ("Ocr-Priority", [[["bulk"], ["x"]]]),
    ("Ocr-Deadline-Seconds", [""]),
]


async def has_no_uploads_pending(raw: RawNats) -> bool:
    info = (await raw.request("$JS.API.CONSUMER.INFO.OBJ_UPLOADS.uploaded")).json()
    return bool(info["num_pending"] == 0 and info["num_ack_pending"] == 0)


async def test_an_object_that_was_replaced_before_it_was_read_is_told_apart(
    raw: RawNats, start: Start
) -> None:
    # What an ingest has submitted, and none has read.
    for nuid in ("older", "newer"):
        await raw.put_object("UPLOADS", "scan.pdf", pdf(2), nuid=nuid)
        await raw.request(
            "ocr.submit", headers={
                "Ocr-Job-Id": nuid, "Ocr-Object": "scan.pdf", "Ocr-Object-Nuid": nuid,
                "Nats-Msg-Id": nuid,
            },
        )  # fmt: skip
    endings = await Endings.of(raw)
    for service in SERVICES:
        start(service)
    older, newer = await endings.of_job("older"), await endings.of_job("newer")
    assert older["status"] == "failed"
    assert "scan.pdf was replaced in UPLOADS by another document" in older["errors"][0]
    assert (newer["status"], newer["pages_processed"]) == ("success", 2)


@pytest.mark.parametrize(
    "topology_settings",
    [replace(SMALL_TOPOLOGY, store_bytes=1024 * MIB, submit_ack_wait_s=600.0)],
    indirect=True,
)
async def test_a_full_queue_refuses_requests_in_words_and_objects_wait_for_room(
    raw: RawNats, start: Start
) -> None:
    settings = {"STORE_GB": "1", "SUBMISSION_LEASE_SECONDS": "600"}
    for size in (7 * MIB, 20_000, 100):
        while "error" not in (await raw.request("ocr.submit", bytes(size))).json():
            pass
    # Nobody else takes them in for as long as we hold them.
    held = await hold_all_submissions(raw)
    start("ingest", **settings)
    await wait_until(lambda: answers(raw), "service ocr-jobs to answer", 30.0)
    refused = await raw.request("ocr.jobs.submit", pdf(1))
    assert "nats object put UPLOADS FILE" in (refused.error or ""), refused
    assert refused.header("Nats-Service-Error-Code") == "503"
    await raw.put_object("UPLOADS", "scan.pdf", pdf(1), nuid="waits")
    await wait_until(lambda: was_returned(raw), "the object to have been tried", 15.0)
    endings = await Endings.of(raw)
    for each in held:
        await raw.publish(each, b"+TERM")
    start("node", **settings)
    start("aggregator", **settings)
    assert (await endings.of_job(job_id_for_key("waits")))["status"] == "success"


async def was_returned(raw: RawNats) -> bool:
    info = (await raw.request("$JS.API.CONSUMER.INFO.OBJ_UPLOADS.uploaded")).json()
    return bool(info["num_redelivered"] > 0)


async def hold_all_submissions(raw: RawNats) -> list[str]:
    queue = await raw.requests(
        "$JS.API.CONSUMER.MSG.NEXT.SUBMIT.ingest", b'{"batch": 1000, "no_wait": true}'
    )
    held: list[str] = []
    while (message := await asyncio.wait_for(queue.get(), 10)).reply:
        held.append(message.reply)
    return held


async def test_a_message_over_the_limit_ends_its_senders_connection_and_nothing_else(
    raw: RawNats, broker_url: str, start: Start
) -> None:
    await all_doors(start, raw)
    async with RawNats.connect(broker_url) as careless:
        limit = careless.info["max_payload"]
        await careless.publish("ocr.jobs.submit", bytes(limit + 1))
        await asyncio.wait_for(careless.closed.wait(), 10)
        assert careless.errors == ["'Maximum Payload Violation'"]
    endings = await Endings.of(raw)
    # One that just fits is taken, by way of the bucket.
    largest = pdf(1) + b"\n%" + b"x" * (limit - 4096)
    largest = largest[: limit - 100]
    answer = (await raw.request("ocr.jobs.submit", largest)).json()
    assert (await endings.of_job(answer["job_id"]))["file_size_bytes"] == len(largest)


async def test_a_document_of_too_many_pages_is_refused_and_a_part_of_it_read(
    raw: RawNats, start: Start
) -> None:
    for service in SERVICES:
        start(service, **({"MAX_PAGES_PER_DOCUMENT": "50"} if service == "ingest" else {}))
    endings = await Endings.of(raw)
    await raw.put_object("UPLOADS", "huge.pdf", many_pages(100_000), nuid="huge")
    summary = await endings.of_job(job_id_for_key("huge"))
    assert (summary["status"], summary["total_pages"]) == ("failed", 0)
    assert "has 100000 pages, over the limit of 50" in summary["errors"][0]
    assert "Ocr-Pages" in summary["errors"][0]
    await raw.put_object(
        "UPLOADS", "part.pdf", many_pages(100_000), nuid="part", headers={"Ocr-Pages": ["99999-"]}
    )
    assert (await endings.of_job(job_id_for_key("part")))["pages_processed"] == 2


def many_pages(count: int) -> bytes:
    """A PDF of empty pages that are all one object: 100,000 of them take 1 MB."""
    head = b"%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
    pages = b"2 0 obj\n<</Type/Pages/Count %d/Kids[%b]>>\nendobj\n" % (count, b"3 0 R " * count)
    page = b"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>\nendobj\n"
    offsets = (head.index(b"1 0 obj"), len(head), len(head) + len(pages))
    body = head + pages + page
    table = b"xref\n0 4\n0000000000 65535 f \n"
    table += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return body + table + b"trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(body)
