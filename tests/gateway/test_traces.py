"""One trace from the request to the summary: in headers, in logs, and on a collector."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx
import pytest

from broker.connection import Broker, BrokerAddress
from contracts.option_headers import HEADER_DPI, HEADER_JOB_ID
from contracts.trace_context import TraceContext
from tests.documents import pdf
from tests.gateway.collector import Collector, Told
from tests.gateway.conftest import Open, System
from tests.gateway.test_jobs_over_http import ended
from tests.waiting import wait_until

ASKED_BY: Final = TraceContext(trace_id="4bf92f3577b34da6a3ce929d0e0e4736", span_id="ab" * 8)

Ended = dict[str, TraceContext | None]


@pytest.fixture
async def broker(system: System) -> AsyncIterator[Broker]:
    address = BrokerAddress(url=system.broker.url)
    async with await Broker.connect(address, name="test") as broker:
        yield broker


@asynccontextmanager
async def endings(broker: Broker) -> AsyncIterator[Ended]:
    """The trace of each job that ends, by its id."""
    found: Ended = {}

    async def receive(message: Any) -> None:
        job_id = message.subject.rpartition(".")[2]
        found[job_id] = TraceContext.of_headers(message.headers or {})

    subscription = await broker.client.subscribe("ocr.done.*", cb=receive)
    await broker.client.flush()
    yield found
    await subscription.unsubscribe()


def trace_of(headers: Mapping[str, str]) -> str:
    found = TraceContext.of_headers(headers)
    assert found is not None
    return found.trace_id


async def spans_of(collector: Collector, trace_id: str, *, count: int) -> list[Told]:
    await wait_until(
        lambda: len(collector.of_trace(trace_id)) >= count, f"{count} spans of {trace_id}"
    )
    return collector.of_trace(trace_id)


async def test_a_job_over_http_is_one_trace_of_which_each_span_knows_who_asked(
    http: httpx.AsyncClient, collector: Collector, broker: Broker
) -> None:
    async with endings(broker) as done:
        answer = await http.post(
            "/ocr/pdf?dpi=72", content=pdf(2), headers={"traceparent": ASKED_BY.header()}
        )
        assert trace_of(answer.headers) == ASKED_BY.trace_id
        job_id = answer.headers["x-job-id"]
        await wait_until(lambda: job_id in done, "the job's end")
    spans = await spans_of(collector, ASKED_BY.trace_id, count=5)
    assert len(spans) == 5
    assert {each.attributes["docr.job_id"] for each in spans} == {job_id}
    (gateway,) = [each for each in spans if each.service == "docr-gateway"]
    (ingest,) = [each for each in spans if each.service == "docr-ingest"]
    (aggregator,) = [each for each in spans if each.service == "docr-aggregator"]
    pages = [each for each in spans if each.service == "docr-node"]

    assert (gateway.name, gateway.parent) == ("POST /ocr/pdf", ASKED_BY.span_id)
    assert TraceContext.of_headers(answer.headers) == TraceContext(
        trace_id=ASKED_BY.trace_id, span_id=gateway.span_id
    )
    assert gateway.attributes["http.response.status_code"] == 200
    assert (ingest.name, ingest.parent) == ("take document", gateway.span_id)
    assert (aggregator.name, aggregator.parent) == ("end job", ingest.span_id)
    assert aggregator.attributes["docr.status"] == "success"
    assert [(each.name, each.parent) for each in pages] == [("read page", ingest.span_id)] * 2
    for page_index, page in enumerate(sorted(pages, key=lambda p: p.attributes["docr.page_index"])):
        assert (
            page.attributes.items()
            >= {
                "docr.page_index": page_index,
                "docr.attempt": 1,
                "docr.engine": "echo",
                "docr.outcome": "read",
            }.items()
        )
        assert not page.failed
    assert done[job_id] == TraceContext(trace_id=ASKED_BY.trace_id, span_id=aggregator.span_id)


async def test_documents_over_nats_carry_their_trace_or_begin_one(
    collector: Collector, broker: Broker
) -> None:
    given = TraceContext.new()
    headers = {"traceparent": given.header(), HEADER_JOB_ID: "given", HEADER_DPI: "72"}
    async with endings(broker) as done:
        await broker.jetstream.publish("ocr.submit", pdf(1), headers=headers)
        for job_id, value in (("none", {}), ("wrong", {"traceparent": "00-nonsense-01"})):
            headers = {HEADER_JOB_ID: job_id, HEADER_DPI: "72", **value}
            await broker.jetstream.publish("ocr.submit", pdf(1), headers=headers)
        await wait_until(lambda: done.keys() >= {"given", "none", "wrong"}, "the jobs' ends", 30.0)
    begun = done["given"], done["none"], done["wrong"]
    assert all(begun)
    ids = [each.trace_id for each in begun if each is not None]
    assert ids[0] == given.trace_id
    assert len(set(ids)) == 3
    for trace_id, parent in zip(ids, (given.span_id, "", ""), strict=True):
        spans = await spans_of(collector, trace_id, count=3)
        (ingest,) = [each for each in spans if each.service == "docr-ingest"]
        assert ingest.parent == parent
        assert {each.parent for each in spans} == {parent, ingest.span_id}


async def test_every_log_line_about_a_job_has_its_trace_and_no_others(
    system: System, http: httpx.AsyncClient
) -> None:
    jobs = {f"logged-{number}": TraceContext.new() for number in range(8)}

    async def read(job_id: str, trace: TraceContext) -> None:
        headers = {"traceparent": trace.header(), HEADER_JOB_ID: job_id}
        # One of them is no document.
        content = pdf(5) if job_id != "logged-0" else b"nothing that can be read"
        answer = await http.post("/ocr/pdf?dpi=72", content=content, headers=headers)
        assert answer.status_code == 200

    await asyncio.gather(*(read(*each) for each in jobs.items()))
    lines = [each for each in system.log_lines() if each.get("job_id") in jobs]
    told = {each["event"] for each in lines}
    assert told >= {
        "document opened", "all pages are in the queue", "page read", "job ended",
        "document rejected",
    }  # fmt: skip
    for line in lines:
        assert line["trace_id"] == jobs[line["job_id"]].trace_id, line
        assert ("page_index" in line) == line["event"].startswith("page "), line
    # Nothing of a job stays with the task that worked on it.
    assert not [each for each in system.log_lines() if "trace_id" in each and "job_id" not in each]


async def test_a_request_without_a_trace_or_with_a_wrong_one_begins_one(
    http: httpx.AsyncClient, collector: Collector
) -> None:
    seen = set()
    for given in ({}, {"traceparent": "00-" + "0" * 32 + "-" + "0" * 16 + "-01"}):
        answer = await http.get("/jobs/nobody", headers=given)
        assert answer.status_code == 404
        seen.add(trace_of(answer.headers))
    twice = [("traceparent", ASKED_BY.header()), ("traceparent", TraceContext.new().header())]
    seen.add(trace_of((await http.get("/jobs/nobody", headers=twice)).headers))
    assert len(seen - {ASKED_BY.trace_id}) == 3
    for trace_id in seen:
        (span,) = await spans_of(collector, trace_id, count=1)
        assert (span.name, span.parent, span.failed) == ("GET /jobs/{job_id}", "", False)
    # Who does not want it recorded is obeyed; probes are no spans.
    quiet = TraceContext(trace_id="cd" * 16, span_id="ef" * 8, flags=0)
    answer = await http.get("/jobs/nobody", headers={"traceparent": quiet.header()})
    assert answer.headers["traceparent"].startswith(f"00-{quiet.trace_id}-")
    assert answer.headers["traceparent"].endswith("-00")
    probe = trace_of((await http.get("/health")).headers)
    last = trace_of((await http.get("/jobs/nobody")).headers)
    await spans_of(collector, last, count=1)
    assert not collector.of_trace(probe)
    assert not collector.of_trace(quiet.trace_id)


async def test_a_collector_that_is_away_is_said_once_and_stops_nothing(
    system: System, gateway: Open
) -> None:
    # It takes connections, and answers none: worse than one that refuses them.
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = gateway(
            OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"http://127.0.0.1:{taken.getsockname()[1]}/v1/traces",
            OTEL_EXPORTER_OTLP_TIMEOUT="3",
            OTEL_BSP_SCHEDULE_DELAY="50",
        )
        clock = asyncio.get_running_loop().time
        async with httpx.AsyncClient(base_url=system.address_of(process), timeout=30) as http:
            job_id = (await http.post("/jobs?dpi=72", content=pdf(1))).json()["job_id"]
            assert (await ended(http, job_id))["state"] == "success"

            def said() -> list[str]:
                return [each for each in system.log_of(process).splitlines() if "collector" in each]

            await wait_until(lambda: bool(said()), "the collector to be missed", 20.0)
            await http.get("/jobs/nobody")
        began = clock()
        process.terminate()
        await asyncio.to_thread(process.wait, 20)
        assert clock() - began < 8.0
        assert len(said()) == 1
        assert "Traceback" not in system.log_of(process)
