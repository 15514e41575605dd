"""Documents in and summaries out by the bare protocol: no client library of ours or of NATS."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from broker.connection import Broker
from contracts.job_identity import job_id_for_key
from tests.documents import pdf
from tests.examples import manifest
from tests.raw_nats import RawNats
from tests.running_services import Start, messages_in, nothing_is_left
from tests.system.nats_doors import SERVICES, WRONG_HEADERS, Endings, all_doors
from tests.waiting import wait_until


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
