"""The broker's users: each service at work as its role, and what each role is refused."""

import asyncio
import contextlib
import json
import shutil
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import nats.errors
import numpy as np
import pytest
from PIL import Image
from structlog.testing import capture_logs

from broker.check_topology import check_topology
from broker.connection import Broker
from broker.failures import in_our_words
from broker.fleet import Fleet
from broker.job_store import JobStore
from broker.own_permissions import must_be_allowed
from broker.refusals import refusals_told
from broker.roles import AGGREGATOR, GATEWAY, NODE, ROLES, SERVICES
from broker.user_keys import UserKeys
from contracts.errors import BrokerUnavailable, BrokerUnsuitable
from contracts.jobs import JobSummary
from docr.doctor.finding import Finding
from docr.doctor.the_system import look_at_system
from docr.settings import load_settings
from docr.setup_command import set_up
from tests.deploy import role_work
from tests.deploy.role_rights import HEARS, MAY_HEAR, MAY_READ, MAY_WRITE, READS, WRITES
from tests.deploy.secured_site import NATS, SecuredSite
from tests.documents import encoded, pdf, picture
from tests.gateway.test_jobs_over_http import ended
from tests.waiting import wait_until

REFUSED = "permissions violation"
KEYS = {"acme": "acme-key-of-these-tests", "other": "other-key-of-these-tests"}
READINGS = {"KEEP_READINGS_DAYS": "1"}
SETTINGS = {
    "node": {"OCR_ECHO_FAULTS": "raise:10", "RETRY_DELAY_SECONDS": "0.1", **READINGS},
    "gateway": {"OCR_API_KEYS": ",".join(f"{tenant}:{key}" for tenant, key in KEYS.items())},
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredSite]:
    """All services, each as its role, over TLS; the node's engine fails at a tenth page."""
    site = SecuredSite(tmp_path_factory.mktemp("site"))
    with site.broker, contextlib.ExitStack() as stack:
        stack.callback(site.stop)
        made = site.docr("setup", **READINGS)
        assert made.returncode == 0, made.stderr
        with ThreadPoolExecutor() as at_once:
            list(
                at_once.map(
                    lambda service: site.start(
                        service, WORKER_PORT=str(site.node_port), **SETTINGS.get(service, {})
                    ),
                    ("ingest", "aggregator", "node", "gateway"),
                )
            )
        yield site


@pytest.fixture(scope="module")
def gateway(site: SecuredSite) -> str:
    return site.address_of(site.running("gateway"))


@pytest.fixture
async def http(gateway: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of tenant acme."""
    async with httpx.AsyncClient(
        base_url=gateway, headers={"Authorization": f"Bearer {KEYS['acme']}"}, timeout=30
    ) as client:
        yield client


def assert_nothing_was_refused(site: SecuredSite) -> None:
    refused = [line for line in site.log_lines() if "does not allow" in line.get("event", "")]
    assert refused == []


def large_page() -> bytes:
    """A picture over the message limit, which goes by the bucket of page images."""
    noise = np.random.default_rng(7).integers(0, 256, (1750, 1750, 3), dtype=np.uint8)
    return encoded(Image.fromarray(noise))


async def test_jobs_go_through_every_service_on_its_own_credentials_and_tls(
    site: SecuredSite, http: httpx.AsyncClient
) -> None:
    told: list[str] = []
    async with site.as_user("reader-acme") as (reader, said):

        async def hear(message: Any) -> None:
            told.append(JobSummary.model_validate_json(message.data).job_id)

        await reader.subscribe("ocr.done_of.acme.*", cb=hear)
        await reader.flush()
        jobs: list[str] = []
        for content, kind in (
            (pdf(3), "application/pdf"),
            (large_page(), "image/png"),
            (pdf(10), "application/pdf"),  # the last page of which is given up
            (pdf(2) + bytes(2_000_000), "application/pdf"),  # too large to travel in its message
        ):
            taken = await http.post("/jobs?dpi=72", content=content, headers={"Content-Type": kind})
            assert taken.status_code == 202, taken.text
            jobs.append(taken.json()["job_id"])
        states = [(await ended(http, job))["state"] for job in jobs]
        assert states == ["success", "success", "partial_success", "success"]
        # A format that an aggregator makes for who asks, of the kept document.
        made = await http.get(f"/jobs/{jobs[0]}/pdf")
        assert (made.status_code, made.content[:5]) == (200, b"%PDF-"), made.text
        # The web page shows the document, and has what was given up read again.
        shown = await http.get(f"/web/jobs/{jobs[0]}/image/0?width=200")
        assert shown.headers["content-type"] == "image/jpeg", shown.text
        events = await http.get(f"/jobs/{jobs[0]}/events")
        assert events.text.count("event: page_done") == 3, events.text
        metrics = await http.get("/metrics")
        assert metrics.status_code in {200, 403}, metrics.text
        await wait_until(lambda: set(jobs) <= set(told), "a reader to hear of its tenant's jobs")
        assert sorted(told) == sorted(jobs)
        assert said == []

    assert (await http.delete(f"/jobs/{jobs[3]}?purge=true")).status_code == 204
    again = await http.post(f"/web/jobs/{jobs[2]}/replay")
    assert (again.status_code, again.json()) == (202, {"pages": [10]}), again.text
    async with site.broker_as("operator") as broker:

        async def is_revised() -> bool:
            summary = await JobStore(broker).summary(jobs[2], certain=True)
            return summary is not None and summary.revision == 2

        await wait_until(is_revised, "the replay's end", 30.0)

    # Documents over NATS: by a service's answer, and by a message that nobody answers.
    async with site.as_user("submitter") as (client, said):
        answer = await client.request(
            "ocr.jobs.submit", pdf(1), headers={"Ocr-Tenant": "other", "Ocr-Dpi": "72"}, timeout=10
        )
        job = json.loads(answer.data)["job_id"]
        taken_by = await client.request("ocr.submit", encoded(picture("x")), timeout=10)
        assert json.loads(taken_by.data)["stream"] == "SUBMIT"
        assert said == []
    async with site.broker_as("operator") as broker:

        async def has_ended() -> bool:
            return await JobStore(broker).summary(job, certain=True) is not None

        await wait_until(has_ended, f"the end of {job}", 30.0)
        fleet = await Fleet(broker).status()
        assert fleet.healthy_workers == 1
    assert_nothing_was_refused(site)


async def test_no_role_is_refused_what_documents_and_pages_need(
    site: SecuredSite, http: httpx.AsyncClient
) -> None:
    await role_work.formats_are_made_for_who_asks_with_the_document_or_later(http)
    await role_work.documents_of_every_kind_are_read(http)
    await role_work.a_page_that_was_read_before_is_known(http)
    await role_work.a_long_document_waits_for_its_queue_and_can_be_cancelled_and_deleted(http)
    assert_nothing_was_refused(site)


async def test_no_role_is_refused_what_operators_ask_for(
    site: SecuredSite, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    # The tenth of which the node gives up.
    pages = [*[encoded(picture(str(number))) for number in range(9)], large_page()]
    async with site.broker_as("operator") as broker:
        await role_work.a_given_up_page_over_the_message_limit_is_replayed_and_its_job_deleted(
            site, http, broker, pages, tmp_path
        )
        await role_work.operators_work_over_nats(site, broker, tmp_path)
        await role_work.metrics_tell_of_queues_and_nodes(http, f"http://127.0.0.1:{site.node_port}")
    assert_nothing_was_refused(site)


async def must_be_refused(said: list[str], what: str, about: str) -> None:
    """The broker says no to what was sent last."""
    await wait_until(
        lambda: any(REFUSED in each and f'"{what}"'.lower() in each for each in said),
        f"{about} to be refused",
    )
    said.clear()


@pytest.mark.parametrize("user", sorted(MAY_READ))
async def test_a_role_is_refused_all_that_is_not_its_own(site: SecuredSite, user: str) -> None:
    async with site.as_user(user) as (client, said):
        for subjects, may in ((READS, MAY_READ[user]), (WRITES, MAY_WRITE[user])):
            for what, subject in subjects.items():
                if what not in may:
                    await client.publish(subject, b"{}")
                    await must_be_refused(said, subject, f"{user}: {what}")
        for subject in HEARS:
            if subject not in MAY_HEAR[user]:
                await client.subscribe(subject)
                await must_be_refused(said, subject, f"{user} hearing {subject}")
    assert {role.name for role in ROLES} | {"reader-acme"} == set(MAY_READ)


@pytest.mark.parametrize("user", [role.name for role in SERVICES] + ["submitter"])
async def test_no_role_leads_an_answer_of_the_broker_where_it_may_not_write(
    site: SecuredSite, user: str
) -> None:
    asked = "ocr.submit" if user == "submitter" else "$JS.API.INFO"
    async with site.as_user("operator") as (operator, _), site.as_user(user) as (client, said):
        streams = operator.jetstream()
        before = (await streams.stream_info("SUMMARY")).state.last_seq
        for to in ("ocr.summary.forged", "$JS.API.STREAM.DELETE.DEAD", "$JS.API.STREAM.PURGE.DEAD"):
            await client.publish(asked, b"", reply=to)
        # Behind the others: they are answered too by now, in the account of who asked.
        await client.request(asked, b"", timeout=10)
        assert said == []
        assert (await streams.stream_info("SUMMARY")).state.last_seq == before
        await streams.stream_info("DEAD")


async def test_a_reader_hears_nothing_of_another_tenant(
    site: SecuredSite, gateway: str, http: httpx.AsyncClient
) -> None:
    told: dict[str, list[str]] = {"acme": [], "other": []}
    async with site.as_user("reader-acme") as (acme, _), site.as_user("reader-other") as (other, _):
        for tenant, client in (("acme", acme), ("other", other)):

            async def hear(message: Any, tenant: str = tenant) -> None:
                told[tenant].append(message.subject)

            await client.subscribe(f"ocr.done_of.{tenant}.*", cb=hear)
            await client.flush()
        for key in KEYS.values():
            taken = await http.post(
                "/jobs?dpi=72",
                content=pdf(1),
                headers={"Content-Type": "application/pdf", "Authorization": f"Bearer {key}"},
            )
            assert taken.status_code == 202, taken.text
        await wait_until(lambda: all(told.values()), "each to hear of its own job", 30.0)
    assert [len(each) for each in told.values()] == [1, 1]
    assert told["acme"][0].startswith("ocr.done_of.acme.")


async def test_keys_are_changed_while_services_work_and_the_old_ones_are_refused_then(
    site: SecuredSite, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    old = {role.name: tmp_path / f"{role.name}.nk" for role in SERVICES}
    for name, copy in old.items():
        shutil.copy(site.seed(name), copy)
    pids = {process.pid for process, _ in site._services.values()}

    async def a_job_goes_through() -> None:
        jobs: list[str] = []

        async def is_taken() -> bool:
            async with asyncio.timeout(5):  # the door says "try again" at once
                taken = await http.post(
                    "/jobs?dpi=72", content=pdf(2), headers={"Content-Type": "application/pdf"}
                )
            jobs.extend([taken.json()["job_id"]] if taken.status_code == 202 else [])
            return bool(jobs)

        # Who is cut off with the old key is back in a moment; doors say "try again" meanwhile.
        await wait_until(is_taken, "a document to be taken")
        assert (await ended(http, jobs[0]))["state"] == "success"

    site.credentials("--rotate", "all")
    site.broker.reload()
    await a_job_goes_through()
    for name, copy in old.items():  # both keys count
        async with site.as_user(name), site.as_user(name, seed=copy):
            pass
    site.credentials("--retire")
    site.broker.reload()
    await a_job_goes_through()
    for name, copy in old.items():
        async with site.as_user(name):
            pass
        with pytest.raises(nats.errors.Error):
            async with site.as_user(name, seed=copy):
                pass
    # The same processes: they have read their new seeds by themselves.
    assert {process.pid for process, _ in site._services.values()} == pids
    assert all(process.poll() is None for process, _ in site._services.values())


async def test_a_service_with_another_roles_key_is_told_which_to_take(site: SecuredSite) -> None:
    async with site.broker_as("gateway") as broker:
        await must_be_allowed(broker, GATEWAY)
        with pytest.raises(BrokerUnsuitable, match=r"which node needs; set NATS_CREDS to node\.nk"):
            await must_be_allowed(broker, NODE)


async def test_who_may_not_come_in_or_not_ask_for_streams_is_told_so(
    site: SecuredSite, tmp_path: Path
) -> None:
    UserKeys(tmp_path).complete([])
    for seed, error, sentence in (
        (tmp_path / "operator.nk", BrokerUnavailable, "refuses this user; set NATS_CREDS"),
        (site.seed("submitter"), BrokerUnsuitable, r"not let this user .* operator\.nk"),
    ):
        address = replace(site.address("operator"), credentials=str(seed))
        with pytest.raises(error, match=sentence):
            await Broker.connect(address, name="test", wait_s=2)


async def test_who_asks_for_what_its_role_may_not_is_told_so_in_a_sentence_and_not_in_the_log(
    site: SecuredSite,
) -> None:
    with capture_logs() as logs:
        async with await Broker.connect(site.address("node"), name="test", quiet=True) as broker:
            with (
                pytest.raises(BrokerUnsuitable, match=r"publish to \$js\.api.* set NATS_CREDS"),
                refusals_told(broker),
                in_our_words("asking"),
            ):
                await broker.client.request("$JS.API.STREAM.INFO.SUBMIT", timeout=0.5)
    assert [each for each in logs if each["log_level"] == "error"] == []


async def test_a_broker_whose_certificate_nobody_signed_is_not_spoken_to(
    site: SecuredSite, tmp_path: Path
) -> None:
    process = await asyncio.create_subprocess_exec(NATS / "make_ca.sh", tmp_path / "tls")
    assert await process.wait() == 0
    address = replace(site.address("operator"), ca_file=tmp_path / "tls" / "ca.pem")
    with pytest.raises(BrokerUnavailable, match=r"is not trusted.*; set NATS_TLS_CA"):
        await Broker.connect(address, name="test", wait_s=2)


async def test_nothing_is_said_in_clear_to_a_broker_without_tls(
    site: SecuredSite, broker_url: str
) -> None:
    address = replace(site.address("operator"), url=broker_url)
    with pytest.raises(BrokerUnavailable, match="does not speak TLS"):
        await Broker.connect(address, name="test", wait_s=2)


async def test_who_may_only_look_at_the_topology_says_what_is_missing(site: SecuredSite) -> None:
    settings = load_settings(
        nats_url=site.url,
        nats_creds=str(site.seed("operator")),
        nats_tls_ca=site.tls / "ca.pem",
        ocr_topology="check",
        store_gb=2,
    )
    async with site.broker_as("operator") as operator, site.broker_as("aggregator") as aggregator:
        await operator.jetstream.delete_stream("DEAD_PAGES")
        await operator.jetstream.delete_stream("ENDINGS")
        with pytest.raises(BrokerUnavailable, match=r"lacks stream .*; run 'docr setup'"):
            await check_topology(aggregator, AGGREGATOR)
        found: dict[str, Finding] = {
            each.about: each async for each in look_at_system(operator, settings)
        }
        # What can be looked at all the same is.
        assert found["store"].verdict == "good"
        assert "lacks stream DEAD_PAGES" in found["dead pages"].text
        assert found["nodes"].verdict == "good"
        assert "stream ENDINGS is missing" in found["topology"].text
        assert found["permissions"].verdict == "good"
        await set_up(settings)
        await check_topology(aggregator, AGGREGATOR)
        found = {each.about: each async for each in look_at_system(aggregator, settings)}
        assert found["permissions"].text.startswith("this user is aggregator")
