"""What is poison costs one page or one document: never a service, another page or another job."""

from pathlib import Path

import msgpack
import pytest

from broker.connection import Broker
from broker.page_queue import HEADER_PAGE_INDEX
from broker.publishing import publish
from contracts import subjects, topology
from contracts.codec import encode
from tests.docr.commands import docr
from tests.documents import pdf
from tests.examples import page_succeeded
from tests.running_services import (
    Start,
    endings_of,
    messages_in,
    nothing_is_left,
    result_of,
    submit,
)
from tests.waiting import wait_until

SERVICES = ("ingest", "aggregator")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("kill", "the OCR engine ended with signal SIGKILL while working"),
        ("hang", "took more than 1 s while working and was stopped"),
        ("eat", "needed more than 1024 MB of memory"),
        ("raise", "the OCR engine failed: EchoFault"),
    ],
)
async def test_a_page_of_poison_fails_after_its_attempts_and_all_others_are_read(
    fault: str, reason: str, tmp_path: Path, broker: Broker, start: Start
) -> None:
    for service in SERVICES:
        start(service, MAX_RETRIES="2")
    start(
        "node",
        OCR_ECHO_FAULTS=f"{fault}:4",
        MAX_RETRIES="2",
        RETRY_DELAY_SECONDS="0.1",
        WORKER_REQUEST_TIMEOUT="1" if fault == "hang" else "60",
        MAX_RAM_GB="1",
    )
    async with endings_of(broker) as endings:
        await submit(broker, tmp_path, pdf(6), "poisoned")
        await submit(broker, tmp_path, pdf(3), "other")
        await wait_until(lambda: len(endings) == 2, "both jobs to end", 60.0)
        await wait_until(lambda: nothing_is_left(broker), "the broker to be tidy", 15.0)
    by_id = {each.job_id: each for each in endings}
    assert by_id["other"].status == "success"
    poisoned = by_id["poisoned"]
    assert (poisoned.status, poisoned.pages_processed) == ("partial_success", 5)
    assert reason in poisoned.errors[0]
    assert "page 4: given up after 2 attempts" in poisoned.errors[0]
    pages = (await result_of(broker, poisoned))["results"]
    assert [page["page_number"] for page in pages if page["status"] == "failed"] == [4]
    assert pages[3]["attempts"] == 2


async def test_a_page_message_that_cannot_be_decoded_ends_as_a_failed_page(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    start("ingest")
    start("aggregator")
    async with endings_of(broker) as endings:
        await submit(broker, tmp_path, pdf(3), "job")

        async def pages_wait() -> bool:
            return await messages_in(broker, topology.PAGES) == 3

        await wait_until(pages_wait, "the pages to be in the queue", 30.0)
        # Page 2 is replaced by a task that lacks what a task has.
        message = await broker.jetstream.get_msg(topology.PAGES, seq=2)
        await broker.jetstream.delete_msg(topology.PAGES, 2)
        damaged = msgpack.packb(msgpack.unpackb(message.data or b"") | {"data": {}})
        await publish(broker, message.subject or "", damaged, {HEADER_PAGE_INDEX: "1"})
        # And one that is nobody's.
        await publish(broker, "ocr.page.bulk.latin.default.nobody", b"rubbish")
        start("node")
        await wait_until(lambda: bool(endings), "the job's end", 30.0)
        await wait_until(lambda: nothing_is_left(broker), "the broker to be tidy", 15.0)
    (summary,) = endings
    assert (summary.status, summary.pages_processed) == ("partial_success", 2)
    assert "page 2: a PageTask message lacks or breaks" in summary.errors[0]


async def test_rubbish_on_every_subject_stops_no_service(
    tmp_path: Path, broker: Broker, broker_url: str, start: Start
) -> None:
    for service in SERVICES:
        start(service)
    for subject in (
        *("ocr.result.foo.bar", "ocr.result.too.many.tokens", "ocr.result.a=b.0"),
        *("ocr.result.job.-1", "ocr.result.job.99999999999", "ocr.result.job.007"),
        *("ocr.dead.a=b.0", "ocr.dead.job.x", "ocr.summary.job", "ocr.summary.a=b"),
        *("$KV.JOBS.a=b.manifest", "$KV.JOBS.a=b.document", "$KV.JOBS.other.manifest"),
        *("$KV.JOBS.lone", "ocr.page.bulk.latin.t.a=b", "ocr.page.bulk.latin.t.other"),
    ):
        await publish(broker, subject, b"rubbish", {HEADER_PAGE_INDEX: "0"})
    newer = msgpack.packb(
        msgpack.unpackb(encode(page_succeeded(job_id="job", page_index=1))) | {"schema": 7}
    )
    async with endings_of(broker) as endings:
        await submit(broker, tmp_path, pdf(2), "job")
        await publish(broker, subjects.result(job_id="job", page_index=1), newer)
        start("node")
        await wait_until(lambda: bool(endings), "the job's end", 30.0)

        async def results_are_gone() -> bool:
            info = await broker.jetstream.stream_info(topology.RESULTS, subjects_filter=">")
            # What another release may make sense of is left to it.
            return set(info.state.subjects or {}) <= {"ocr.result.other.0"}

        await wait_until(results_are_gone, "all results, foreign ones too, to be removed", 30.0)
    (summary,) = endings
    assert summary.total_pages == 2
    assert summary.pages_processed >= 1
    done = docr("dead", "list", folder=tmp_path, NATS_URL=broker_url)
    assert done.returncode == 0, done.stderr


async def test_a_document_that_cannot_be_laid_down_says_which_folder_is_full(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    start("aggregator")
    start("ingest", name="blocked", TEMP_DIR=str(tmp_path / "full"))
    async with endings_of(broker) as endings:
        (tmp_path / "full").mkdir(exist_ok=True)

        async def ingest_waits() -> bool:
            info = await broker.jetstream.consumer_info(topology.SUBMIT, topology.INGEST)
            return (info.num_waiting or 0) > 0

        await wait_until(ingest_waits, "ingest to wait for submissions", 30.0)
        for own in (tmp_path / "full").iterdir():
            for inner in own.iterdir():
                inner.unlink()
            own.rmdir()
        await submit(broker, tmp_path, pdf(1), "job")
        await wait_until(lambda: bool(endings), "the job's end", 60.0)
    assert endings[0].status == "failed"
    assert "cannot be laid in" in endings[0].errors[0]
    assert "set TEMP_DIR to another folder" in endings[0].errors[0]
