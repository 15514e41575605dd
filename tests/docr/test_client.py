"""The Python client against running services: the same checks over NATS and over HTTP."""

import asyncio
import io
import json
import os
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from broker.connection import Broker
from broker.objects import ObjectBucket
from contracts import topology
from contracts.errors import (
    BrokerUnavailable,
    FormatUnavailable,
    InvalidOption,
    JobIdTaken,
    JobStateConflict,
    JobUnknown,
    OcrError,
    PermanentError,
)
from contracts.events import JobAccepted, JobEvent, JobFinished, PageDone, PageLost
from contracts.job_identity import job_id_for_key
from docr import AsyncClient, Client, services
from docr.client.address import address_of
from docr.client.document import Document
from docr.client.server_sent_events import server_sent_events
from tests.documents import pdf
from tests.nats_server import NatsServer
from tests.running_services import Start, begun, running_services
from tests.waiting import block_until, wait_until

Fleet = Callable[..., str]


@pytest.fixture(params=["nats", "http"])
def fleet(request: pytest.FixtureRequest, start: Start, broker_url: str) -> Fleet:
    """Starts the services with some settings; the URL that clients use."""
    if request.param == "http" and not hasattr(services, "gateway"):
        pytest.skip("there is no gateway yet (docr.services.gateway)")

    def started(**settings: str) -> str:
        for command in ("ingest", "node", "aggregator"):
            start(command, **settings)
        return broker_url if request.param == "nats" else gateway(start)

    return started


def gateway(start: Start, **settings: str) -> str:
    """The address of a gateway that has just been started; it asks for no keys by default."""
    process = start("gateway", **{"COORDINATOR_PORT": "0", "OCR_AUTH": "off", **settings})
    output = Path(f"/proc/{process.pid}/cwd/output")
    told: list[str] = []

    def it_listens() -> bool:
        lines = output.read_text().splitlines()
        told.extend(json.loads(each)["address"] for each in lines if "gateway listens" in each)
        return bool(told)

    block_until(it_listens, "a gateway to listen", 30.0)
    return told[0]


async def output_of(job: Any, kind: Any) -> bytes:
    async with aclosing(job.output(kind)) as chunks:
        return b"".join([chunk async for chunk in chunks])


async def events_of(job: Any) -> list[JobEvent]:
    async with aclosing(job.events()) as events:
        return [event async for event in events]


async def test_a_document_is_handed_in_followed_and_fetched(fleet: Fleet, tmp_path: Path) -> None:
    url = fleet(OCR_ECHO_FAULTS="raise:3", RETRY_DELAY_SECONDS="0")
    path = tmp_path / "scan [1].pdf"
    path.write_bytes(pdf(3))
    async with AsyncClient(url) as client:
        job = await client.submit(path, dpi=72, job_id="one", formats=["tsv"])
        following = asyncio.create_task(events_of(job))
        state = await job.wait(60)
        assert (state.state, state.filename, state.pages_done) == ("partial_success", path.name, 3)

        told = await following
        assert told[0] == JobAccepted(job_id="one", total_pages=3, filename=path.name)
        pages = [each for each in told if isinstance(each, PageDone | PageLost)]
        assert sorted((each.page_number, each.event) for each in pages) == [
            (1, "page_done"),
            (2, "page_done"),
            (3, "page_failed"),
        ]
        assert told[-1] == JobFinished(job_id="one", status="partial_success")
        # Who comes late is told the same.
        assert await events_of(client.job("one")) == told

        result = await job.result(timeout=10)
        assert (result.metrics.status, result.metrics.total_pages) == ("partial_success", 3)
        assert [page.status for page in result.pages] == ["success", "success", "failed"]
        assert result.pages[0].lines[0].text in result.text
        assert "EchoFault" in (result.pages[2].error or "")
        assert await job.text() == result.text
        assert await job.markdown() == result.markdown
        await job.save(tmp_path / "out.json", "result")
        assert type(result).model_validate_json((tmp_path / "out.json").read_bytes()) == result
        assert sorted(each.name for each in tmp_path.glob("*.part")) == []

        # One that its end waited for, and one that is made now.
        assert (await output_of(job, "tsv")).startswith(b"level\t")
        assert (await output_of(job, "pdf")).startswith(b"%PDF")
        assert len((await output_of(job, "jsonl")).splitlines()) == 3
        assert type(result).model_validate_json(await output_of(job, "json")) == result
        with pytest.raises(InvalidOption, match="'docx' is no output; choose one of: result, text"):
            await output_of(job, "docx")

        # What is known is said the same way, whichever way it is asked for.
        again = await client.submit(path.read_bytes(), filename=path.name, dpi=72, job_id="one")
        assert (again.id, again.known) == ("one", True)
        with pytest.raises(JobIdTaken, match="belongs to another document"):
            await client.submit(pdf(1), job_id="one")
        with pytest.raises(JobStateConflict, match=r"has ended \(partial_success\)"):
            await job.cancel()
        with pytest.raises(JobUnknown, match="there is no job other"):
            await client.job("other").state()
        for ask in (client.job("other").text, client.job("other").delete):
            with pytest.raises(JobUnknown):
                await ask()
        with pytest.raises(JobUnknown):
            await events_of(client.job("other"))
        with pytest.raises(InvalidOption, match="priority 'soon' is none of"):
            await client.submit(b"x", priority="soon")
        with pytest.raises(InvalidOption, match="give a path, bytes, or a file"):
            await client.submit(io.StringIO("text"))  # type: ignore[arg-type] # that is the point
        with pytest.raises(FileNotFoundError):
            await client.submit(tmp_path / "missing.pdf")

        # Bytes and files under a key; what is no document ends all the same.
        with io.BytesIO(b"junk" + pdf(2)) as file:
            file.seek(4)
            two = await client.submit(file, dpi=72, pages="2", idempotency_key="key 1")
        bad = await client.submit(b"no document", filename="bad\u2028name.pdf")
        assert (await two.wait(60)).total_pages == 1
        told = await events_of(bad)
        assert told[-1] == JobFinished(job_id=bad.id, status="failed")
        assert (await bad.result()).metrics.errors
        with pytest.raises(FormatUnavailable, match=r"is failed, .* not a document"):
            await output_of(bad, "pdf")
        with pytest.raises(InvalidOption, match="'docx' is no output format"):
            await client.submit(b"x", formats="pdf,docx")
        assert (await bad.state()).filename == "bad\u2028name.pdf"

        listed = [each.job_id async for each in client.jobs()]
        assert sorted(listed) == sorted(["one", two.id, bad.id])
        assert [each.job_id async for each in client.jobs(1, "failed")] == [bad.id]
        with pytest.raises(InvalidOption, match="state 'odd' is none of"):
            await anext(client.jobs(state="odd"))

        await job.delete()
        with pytest.raises(JobUnknown):
            await job.state()
        if url.startswith("nats"):
            assert two.id == job_id_for_key("key 1")
    with pytest.raises(OcrError, match="this client is closed"):
        await job.state()


async def test_a_job_that_goes_on_can_be_cancelled_and_its_node_is_seen(fleet: Fleet) -> None:
    url = fleet(OCR_ECHO_DELAY_MS="600000")
    async with AsyncClient(url) as client:
        job = await client.submit(pdf(2), dpi=72)
        with pytest.raises(TimeoutError):
            await job.wait(0.2)
        with pytest.raises(JobStateConflict, match="wait for its end"):
            await job.text()
        with pytest.raises(JobStateConflict, match="is not at its end"):
            await job.delete()

        async def is_running() -> bool:
            return (await job.state()).state == "running"

        await wait_until(is_running, "the job to run", 30.0)
        heard: list[JobEvent] = []
        listening = asyncio.create_task(collect(client, heard))

        async def something_is_heard() -> bool:
            if not heard:
                await client.submit(pdf(1), dpi=72)
            return bool(heard)

        await wait_until(something_is_heard, "the progress of all jobs to be told", 30.0)
        told = asyncio.create_task(events_of(job))
        assert (await job.cancel()).state in {"cancelling", "cancelled"}
        assert (await job.wait(30)).state == "cancelled"
        end = JobFinished(job_id=job.id, status="cancelled")
        assert (await told)[-1] == end
        await wait_until(lambda: end in heard, "the end to be told among all jobs'")
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        fleet_status = await client.nodes()
        assert fleet_status.total_workers == len(fleet_status.workers)


async def collect(client: AsyncClient, heard: list[JobEvent]) -> None:
    async with aclosing(client.events()) as events:
        async for event in events:
            heard.append(event)


async def test_a_plain_script_uses_the_client_without_a_loop(
    fleet: Fleet, tmp_path: Path, broker: Broker
) -> None:
    url = fleet()

    def script() -> None:
        with Client(url) as client:
            job = client.submit(pdf(2), filename="a.pdf", dpi=72)
            assert [each.event for each in job.events()][-1] == "finished"
            result = job.result(timeout=10)
            assert result.metrics.status == "success"
            assert job.text() == result.text == b"".join(job.output("text")).decode()
            assert job.markdown() == result.markdown
            job.save(tmp_path / "a.md", "markdown")
            assert (tmp_path / "a.md").read_text() == result.markdown
            for event in job.events():
                assert event.job_id == job.id
                break  # an iteration that is left leaves nothing behind
            assert [each.state for each in client.jobs()] == ["success"]
            assert client.job(job.id).state().pages_done == 2
            assert client.nodes().healthy_workers >= 0
            with pytest.raises(JobStateConflict):
                job.cancel()
            job.delete()
            with pytest.raises(JobUnknown):
                job.wait()
        client.close()
        with pytest.raises(OcrError, match="this client is closed"):
            client.nodes()

    # As a notebook does it: in a thread whose loop is busy, and in one without.
    script()
    await asyncio.to_thread(script)
    assert await ObjectBucket(broker, name=topology.OUTPUTS).names() == []


async def test_following_goes_on_over_a_restart_of_the_broker(tmp_path: Path) -> None:
    (tmp_path / "services").mkdir()
    with NatsServer(tmp_path / "server") as server:
        async with running_services(tmp_path / "services", server.url) as start:
            await begun(start("ingest"))
            async with AsyncClient(server.url) as client:
                job = await client.submit(pdf(2), dpi=72)

                async def is_running() -> bool:
                    return (await job.state()).state == "running"

                await wait_until(is_running, "the job to run", 30.0)
                told = asyncio.create_task(events_of(job))
                server.kill()
                server.start()
                start("node")
                start("aggregator")
                events = await asyncio.wait_for(told, 60)
                assert events[-1] == JobFinished(job_id=job.id, status="success")
                numbers = [each.page_number for each in events if isinstance(each, PageDone)]
                assert len(numbers) == len(set(numbers))
                assert (await job.result()).metrics.pages_processed == 2


async def test_a_large_file_is_never_in_memory_and_a_key_opens_the_gateway(
    tmp_path: Path, broker: Broker, broker_url: str, start: Start
) -> None:
    path = tmp_path / "large.pdf"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    key = "0123456789abcdef"
    address = gateway(start, OCR_AUTH="keys", OCR_API_KEYS=f"team:{key}")
    for url in (broker_url, address):
        async with AsyncClient(url, api_key=key) as client:
            tracemalloc.start()
            try:
                job = await client.submit(path)
                _, peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
            assert peak < 16_000_000
            state = await job.state()
            assert (state.state, state.filename) == ("queued", "large.pdf")
    async with AsyncClient(address, api_key="wrong") as stranger:
        with pytest.raises(PermanentError, match="knows no such API key; give one with --api-key"):
            await stranger.nodes()


async def test_a_system_that_is_not_there_is_named(empty_broker: Broker, broker_url: str) -> None:
    with pytest.raises(BrokerUnavailable, match="has no stream SUBMIT; start an aggregator"):
        async with AsyncClient(broker_url):
            pass
    client = AsyncClient("http://127.0.0.1:9")
    with pytest.raises(BrokerUnavailable, match="no gateway answers at http"):
        await client.nodes()
    await client.close()


@pytest.fixture
def no_addresses(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("OCR_URL", "NATS_URL", "OCR_API_KEY", "NATS_CREDS"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_addresses_come_from_arguments_then_from_the_environment(
    no_addresses: pytest.MonkeyPatch,
) -> None:
    assert address_of().url == "nats://127.0.0.1:4222"
    no_addresses.setenv("NATS_URL", "nats://broker:4222")
    no_addresses.setenv("NATS_CREDS", "user.creds")
    assert (address_of().url, address_of().creds) == ("nats://broker:4222", "user.creds")
    no_addresses.setenv("OCR_URL", "https://gateway/")
    no_addresses.setenv("OCR_API_KEY", "secret")
    found = address_of()
    assert (found.kind, found.url, found.api_key) == ("http", "https://gateway", "secret")
    assert "secret" not in repr(found)
    assert address_of("nats://other").kind == "nats"
    with pytest.raises(InvalidOption, match="is no address of the system"):
        address_of("ftp://somewhere")


async def test_server_sent_events_are_read_whatever_the_chunks_are() -> None:
    stream = (
        ': heartbeat\r\n\r\nid: 0\nevent: accepted\ndata: {"a":"x\u2028y"}\n\n'
        "data: one\ndata: two\n\nevent: summary\ndata: half"
    ).encode()

    async def chunks(size: int) -> AsyncIterator[bytes]:
        for begin in range(0, len(stream), size):
            yield stream[begin : begin + size]

    for size in (1, 3, len(stream)):
        found = [each async for each in server_sent_events(chunks(size))]
        assert [(each.event, each.data, each.id) for each in found] == [
            ("accepted", '{"a":"x\u2028y"}', "0"),
            ("message", "one\ntwo", "0"),
        ]


async def test_what_is_handed_in_can_be_read_again_where_that_is_possible() -> None:
    with io.BytesIO(b"0123") as file:
        file.seek(1)
        document = Document(file, filename=None)
        assert document.repeatable
        for _ in range(2):
            assert [each async for each in document.pieces()] == [b"123"]
    ours, theirs = os.pipe()
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        assert not Document(pipe, filename=None).repeatable
