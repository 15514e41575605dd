"""What operators watch."""

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families

from broker.connection import Broker, BrokerAddress
from broker.fleet import Fleet
from contracts.fleet import NodeHealth, NodeReport
from tests.documents import pdf
from tests.gateway.conftest import Open, System
from tests.gateway.test_jobs_over_http import ended
from tests.waiting import wait_until

DOCS: Final = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text()
KEY: Final = "a-key-of-sixteen-or-more"

Values = dict[str, float]


def node_report(**changes: Any) -> NodeReport:
    known: dict[str, Any] = {
        "host": "machine-1",
        "port": 0,
        "version": "1",
        "engine": "echo",
        "engines": 1,
        "languages": ("en",),
        "health": NodeHealth(
            status="healthy",
            worker_name=changes["name"],
            cpu_percent=0.0,
            memory_percent=1.0,
            memory_mb=100.0,
            uptime_seconds=1.0,
            total_requests=0,
        ),
        "sent_at": datetime.now(UTC),
    }
    return NodeReport(**{**known, **changes})


def values_of(text: str) -> Values:
    """Each sample by its name and labels as they are written."""
    found: Values = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


async def scraped(http: httpx.AsyncClient) -> Values:
    answer = await http.get("/metrics")
    assert answer.status_code == 200, answer.text
    return values_of(answer.text)


async def test_jobs_pages_and_requests_are_counted(http: httpx.AsyncClient) -> None:
    before = await scraped(http)
    document = pdf(4)
    job_id = (await http.post("/jobs?dpi=72", content=document)).json()["job_id"]
    await ended(http, job_id)
    refused = await http.post("/ocr/image?dpi=72", content=b"this is no image")
    assert refused.json()["metrics"]["status"] == "failed"
    assert (await http.get("/elsewhere")).status_code == 404
    assert (await http.request("PROPFIND", "/jobs")).status_code == 405
    after: Values = {}

    async def is_counted() -> bool:
        after.update(await scraped(http))
        return more('docr_jobs_ended_total{status="failed"}') == 1

    def more(name: str) -> float:
        return after[name] - before.get(name, 0.0)

    await wait_until(is_counted, "the jobs to be counted")
    assert more('docr_jobs_ended_total{status="success"}') == 1
    assert more('docr_pages_total{result="success"}') == 4
    assert more("docr_page_seconds_count") == 4
    assert 4 * 0.02 <= more("docr_page_seconds_sum") < 60
    assert more("docr_page_attempts_over_one_total") == 0
    assert more("docr_upload_bytes_total") == len(document) + len(b"this is no image")
    assert more('docr_http_requests_total{method="POST",route="/jobs",status="202"}') == 1
    assert more('docr_http_requests_total{method="GET",route="none",status="404"}') == 1
    assert more('docr_http_requests_total{method="other",route="/jobs",status="405"}') == 1
    assert more('docr_http_seconds_count{route="/jobs/{job_id}"}') >= 1
    assert not any(job_id in name for name in after)

    assert after["docr_broker_up"] == 1
    assert after["docr_dead_pages"] >= 0
    assert (
        after['docr_store_limit_bytes{stream="PAGES"}'] > after['docr_store_bytes{stream="PAGES"}']
    )
    assert len([name for name in after if name.startswith("docr_store_bytes")]) == 13


async def test_what_waits_and_what_goes_on_is_shown(http: httpx.AsyncClient) -> None:
    job_id = (await http.post("/jobs?dpi=72", content=pdf(300))).json()["job_id"]
    seen: Values = {}

    async def waits() -> bool:
        seen.update(await scraped(http))
        in_hand = seen['docr_queue_in_hand{queue="submit"}']
        # Queues and jobs are looked at side by side: a job may begin between the two.
        running = seen['docr_jobs{state="running"}']
        return in_hand == 1 <= running and seen['docr_queue_age_seconds{queue="pages"}'] > 0

    await wait_until(waits, "pages that wait")
    assert seen['docr_queue_messages{queue="pages"}'] > 1
    assert seen['docr_queue_in_hand{queue="pages"}'] >= 0
    assert seen['docr_queue_messages{queue="submit"}'] == 1
    await http.delete(f"/jobs/{job_id}")
    await ended(http, job_id)

    async def is_idle() -> bool:
        seen.update(await scraped(http))
        return sum(seen[f'docr_jobs{{state="{each}"}}'] for each in ("running", "cancelling")) == 0

    await wait_until(is_idle, "the job to be gone")
    assert seen['docr_queue_age_seconds{queue="pages"}'] == 0


async def test_nodes_are_shown_by_name(system: System, http: httpx.AsyncClient) -> None:
    async with await Broker.connect(BrokerAddress(url=system.broker.url), name="test") as broker:
        reports = [
            node_report(name="metal", instance="1", pages=30, core_seconds_per_page=2.0),
            node_report(name="metal", instance="2", pages=10, core_seconds_per_page=4.0),
            node_report(name="idle", instance="3"),
        ]
        seen: Values = {}

        async def are_shown() -> bool:
            for report in reports:
                await Fleet(broker).report(report)
            seen.update(await scraped(http))
            return 'docr_node_pages_total{node="idle"}' in seen

        await wait_until(are_shown, "the nodes")
        for report in reports:
            await Fleet(broker).leave(report)
    assert seen['docr_node_pages_total{node="metal"}'] == 40
    assert seen['docr_node_core_seconds_per_page{node="metal"}'] == 2.5
    assert seen['docr_node_core_seconds_per_page{node="idle"}'] == 0
    assert seen['docr_node_memory_bytes{node="metal"}'] == 2 * 100 * 2**20
    assert seen['docr_nodes{status="healthy"}'] >= 3
    assert seen['docr_nodes{status="stopping"}'] >= 0


async def test_the_documentation_names_every_metric_and_no_other(http: httpx.AsyncClient) -> None:
    await http.get("/health")
    text = (await http.get("/metrics")).text
    shown = {
        (family.name + "_total" * (family.type == "counter"), family.type)
        for family in text_string_to_metric_families(text)
    }
    told = set(re.findall(r"^\| `(docr_\w+)` \| (\w+) \|", DOCS, re.MULTILINE))
    assert told == shown
    for name, labels in re.findall(r"^\| `(docr_\w+)` \| \w+ \| ([^|]*) \|", DOCS, re.MULTILINE):
        lines = [line for line in text.splitlines() if re.match(rf"{name}(_count)?[{{ ]", line)]
        used = {each for line in lines for each in re.findall(r'(\w+)="', line)}
        assert used <= set(re.findall(r"`(\w+)`", labels)), name


async def test_the_form_is_negotiated_as_prometheus_does(http: httpx.AsyncClient) -> None:
    plain = await http.get("/metrics")
    assert plain.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert plain.headers["content-encoding"] == "gzip"
    assert "_created" not in plain.text
    accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
    newer = await http.get("/metrics", headers={"Accept": accept, "Accept-Encoding": "identity"})
    assert newer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert "content-encoding" not in newer.headers
    families = list(open_metrics(newer.text))  # type: ignore[no-untyped-call]
    assert {each.name for each in families} >= {"docr_pages", "docr_broker_up"}


async def test_metrics_need_a_key_where_keys_are_set(system: System, gateway: Open) -> None:
    address = system.address_of(gateway(OCR_API_KEYS=f"prometheus:{KEY}"))
    async with httpx.AsyncClient(base_url=address) as http:
        refused = await http.get("/metrics")
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        admitted = await http.get("/metrics", headers={"Authorization": f"Bearer {KEY}"})
        assert admitted.status_code == 200
        assert 'route="/metrics",status="401"} 1.0' in admitted.text


async def test_without_a_broker_the_rest_is_shown_within_two_seconds(tmp_path: Path) -> None:
    clock = asyncio.get_running_loop().time
    system = System(tmp_path)
    with system.broker as server:
        try:
            address = system.address_of(system.start("gateway"))
            async with httpx.AsyncClient(base_url=address, timeout=30) as http:
                assert (await scraped(http))["docr_broker_up"] == 1
                await http.get("/jobs/nobody")
                with server.halted():

                    async def is_down() -> bool:
                        began = clock()
                        many = await asyncio.gather(*(scraped(http) for _ in range(20)))
                        assert clock() - began < 4.0
                        return not any(each["docr_broker_up"] for each in many)

                    await wait_until(is_down, "the broker to be missed")
                    seen = await scraped(http)
                    assert 'docr_jobs{state="running"}' not in seen
                    assert seen['docr_pages_total{result="failed"}'] == 0
                    known = (
                        'docr_http_requests_total{method="GET",route="/jobs/{job_id}",status="404"}'
                    )
                    assert seen[known] == 1

                async def is_back() -> bool:
                    return (await scraped(http))["docr_broker_up"] == 1

                await wait_until(is_back, "the broker to be back")
        finally:
            system.stop()
