"""Documents put into bucket UPLOADS by a client that is not ours."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from broker.connection import Broker
from contracts.job_identity import job_id_for_key
from contracts.topology import MIB
from tests.conftest import SMALL_TOPOLOGY
from tests.documents import pdf
from tests.raw_nats import RawNats, object_token
from tests.running_services import Start, log_of, nothing_is_left
from tests.system.nats_doors import SERVICES, Endings, all_doors, answers
from tests.waiting import wait_until


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
