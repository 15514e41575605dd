"""The same key is the same job, whenever and however often it is submitted."""

import asyncio
import io
from pathlib import Path

import pikepdf
import pytest

from broker.announcements import Announcements
from broker.apply_topology import apply_topology
from broker.connection import Broker, BrokerAddress
from broker.publishing import publish
from contracts import subjects
from contracts.errors import BrokerUnavailable, JobIdTaken
from contracts.events import SubmissionRefused
from contracts.sealed_password import PasswordSeal
from contracts.topology import topology
from tests.conftest import SMALL_TOPOLOGY
from tests.documents import encoded, pdf, picture
from tests.ingest.zips import encrypted_zip
from tests.nats_server import NatsServer
from tests.running_services import Start, endings_of, messages_in, nothing_is_left, submit
from tests.waiting import wait_until

SERVICES = ("ingest", "aggregator", "node")


@pytest.mark.parametrize("header", ["Ocr-Job-Id", "Nats-Msg-Id"])
async def test_the_same_key_is_one_job_before_and_after_its_end(
    header: str, broker: Broker, start: Start
) -> None:
    key = {header: "scan-17"}
    # Twice before anybody takes it in; the broker itself refuses the double of a Nats-Msg-Id.
    for _ in range(2):
        await publish(broker, subjects.SUBMIT, pdf(2), key)
    async with endings_of(broker) as endings:
        for service in SERVICES:
            start(service)
        await wait_until(lambda: bool(endings), "the job's end", 30.0)
        await wait_until(lambda: nothing_is_left(broker), "the broker to be tidy", 15.0)
        # The broker forgets a Nats-Msg-Id in time; another header value reaches ingest again.
        await publish(broker, subjects.SUBMIT, pdf(2), {**key, "Ocr-Dpi": "300"})
        await publish(broker, subjects.SUBMIT, pdf(1), {"Ocr-Job-Id": "last"})
        await wait_until(lambda: len(endings) == 2, "another job's end", 30.0)
        await wait_until(lambda: nothing_is_left(broker), "the broker to be tidy", 15.0)
    assert [each.total_pages for each in endings] == [2, 1]


async def test_another_document_under_the_same_id_is_refused_and_changes_nothing(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    await submit(broker, tmp_path, pdf(2), "job")
    with pytest.raises(JobIdTaken, match="belongs to another document"):
        await submit(broker, tmp_path, pdf(3), "job")
    await publish(broker, subjects.SUBMIT, pdf(4), {"Ocr-Job-Id": "job"})
    async with Announcements(broker).events() as events, endings_of(broker) as endings:
        for service in SERVICES:
            start(service)
        await wait_until(lambda: bool(endings), "the job's end", 30.0)
        refused = None
        while not isinstance(refused, SubmissionRefused):
            refused = await asyncio.wait_for(events.get(), 30)
        assert "submit this one under another id" in refused.error
        await wait_until(lambda: nothing_is_left(broker), "the broker to be tidy", 15.0)
        # And after the end.
        with pytest.raises(JobIdTaken):
            await submit(broker, tmp_path, pdf(3), "job")
        await submit(broker, tmp_path, pdf(2), "job")
        assert await nothing_is_left(broker)
    assert [each.total_pages for each in endings] == [2]


async def test_the_same_job_once_more_without_its_password_costs_it_no_page(
    broker: Broker, start: Start
) -> None:
    key, job = "the secret of this test", {"Ocr-Job-Id": "locked", "Ocr-Mode": "ocr"}
    locked = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf(1))) as opened:
        opened.save(locked, encryption=pikepdf.Encryption(user="geheim", owner="own"))
    document = locked.getvalue()
    sealed = {"Ocr-Sealed-Password": PasswordSeal(key).seal("geheim")}
    async with endings_of(broker) as endings:
        start("ingest", OCR_SECRET_KEY=key)
        await publish(broker, subjects.SUBMIT, document, job | sealed)

        async def is_empty(stream: str) -> bool:
            return await messages_in(broker, stream) == 0

        async def page_waits() -> bool:
            return not await is_empty("PAGES") and await is_empty("SUBMIT")

        await wait_until(page_waits, "its page in the queue", 30.0)
        await publish(broker, subjects.SUBMIT, document, job)
        await wait_until(lambda: is_empty("SUBMIT"), "the second to be looked at", 30.0)
        assert await is_empty("RESULTS")
        start("node")
        start("aggregator")
        await wait_until(lambda: bool(endings), "the job's end", 30.0)
    assert [(each.status, each.errors) for each in endings] == [("success", ())]


async def test_a_zip_once_more_without_the_password_of_its_members_costs_them_nothing(
    broker: Broker, start: Start
) -> None:
    key, job = "the secret of this test", {"Ocr-Job-Id": "locked", "Ocr-Mode": "ocr"}
    content = encrypted_zip({"a.pdf": pdf(2), "b.png": encoded(picture("b"))}, b"geheim")
    sealed = {"Ocr-Sealed-Password": PasswordSeal(key).seal("geheim")}
    async with endings_of(broker) as endings:
        # The first one is counted, and then nobody's for a while: the second comes before it.
        victim = start("ingest", OCR_SECRET_KEY=key, FAIL_POINTS="ingest.manifest_written")
        await publish(broker, subjects.SUBMIT, content, job | sealed)
        await wait_until(lambda: victim.poll() is not None, "the first to be counted", 30.0)
        for again in ({}, {"Ocr-Sealed-Password": PasswordSeal(key).seal("falsch")}):
            await publish(broker, subjects.SUBMIT, content, job | again)
        start("ingest", OCR_SECRET_KEY=key)
        start("node")
        start("aggregator")
        await wait_until(lambda: bool(endings), "the job's end", 30.0)
        await wait_until(lambda: nothing_is_left(broker), "the broker to be tidy", 15.0)
    assert [(each.status, each.total_pages, each.errors) for each in endings] == [
        ("success", 3, ())
    ]


async def test_the_key_survives_a_restart_of_the_broker(
    tmp_path: Path,
) -> None:
    with NatsServer(tmp_path / "server") as server:
        async with await Broker.connect(BrokerAddress(url=server.url), name="test") as broker:
            await apply_topology(broker, topology(SMALL_TOPOLOGY))
            await submit(broker, tmp_path, pdf(2), "job")
            server.kill()
            server.start()
            await wait_until(lambda: broker.client.is_connected, "the connection to be back")

            async def taken() -> bool:
                try:
                    await submit(broker, tmp_path, pdf(3), "job")
                except BrokerUnavailable:  # JetStream is still coming up
                    return False
                except JobIdTaken:
                    return True
                pytest.fail("another document took the job's id")

            await wait_until(taken, "the id to be refused", 60.0)
            await submit(broker, tmp_path, pdf(2), "job")
