"""The whole system as compose.yaml starts it, each role with the packages of its image alone."""

import json
import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from nats.aio.client import Client

from contracts.job_state import ENDED
from tests.deploy.bare_client import bare_client
from tests.deploy.plain_containers import PlainContainer, free_ports, read_compose
from tests.deploy.tools import DEPLOY, ROOT, run
from tests.waiting import block_until, wait_until

System = dict[str, PlainContainer]


SERVICES = ("gateway", "ingest", "aggregator", "node")
STREAMS_MADE = r"\d+ streams, \d+ consumers and \d+ buckets are as the settings say"


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that holds the folder `secrets`, with certificates of the broker."""
    folder = tmp_path_factory.mktemp("deploy")
    made = run(sys.executable, DEPLOY / "docker" / "make_secrets.py", folder / "secrets")
    assert made.returncode == 0, made.stderr
    run(DEPLOY / "nats/make_ca.sh", folder / "secrets/tls", "broker", "broker", "127.0.0.1")
    return folder


def containers(
    folder: Path, compose: dict[str, Any], secrets: Path, names: tuple[str, ...]
) -> System:
    """None of them is started."""
    files = {name: secrets / each["file"] for name, each in compose["secrets"].items()}
    ports = free_ports("4222", "8222", "8000", "8001")
    return {
        name: PlainContainer(
            service=compose["services"][name], secrets=files, root=folder / name, ports=ports
        )
        for name in names
    }


def set_up(started: System, stack: ExitStack) -> None:
    """Starts the broker and lets `setup` end, which the others wait for."""
    stack.enter_context(started["broker"])
    block_until(started["broker"].is_healthy, "the broker to be healthy")
    with started["setup"] as setup:
        assert setup.process.wait(60) == 0, (setup.root / "log").read_text()
    assert re.search(STREAMS_MADE, (setup.root / "log").read_text())


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, secrets: Path) -> Iterator[System]:
    compose = read_compose("compose.yaml")
    folder = tmp_path_factory.mktemp("plain")
    all_of_them = containers(folder, compose, secrets, ("broker", "setup", *SERVICES))
    with ExitStack() as stack:
        set_up(all_of_them, stack)
        for name in SERVICES:
            stack.enter_context(all_of_them[name])
        for name in SERVICES:
            block_until(all_of_them[name].is_healthy, f"{name} to be healthy", timeout_s=90)
        yield all_of_them


def test_a_scanned_document_is_read_and_a_searchable_pdf_made_of_it(system: System) -> None:
    gateway = system["gateway"]
    keys = (gateway.root / "run/secrets/ocr_api_keys").read_text()
    key = dict(each.split(":") for each in keys.split(","))["first"]
    url = f"http://127.0.0.1:{gateway.ports['8000']}"
    with httpx.Client(base_url=url, headers={"X-API-Key": key}, timeout=90) as client:
        scan = (ROOT / "samples" / "scanned-letter.pdf").read_bytes()
        accepted = client.post(
            "/jobs",
            files={"file": ("letter.pdf", scan)},
            data={"formats": "pdf,hocr,alto,tsv,page", "pages": "1"},
        )
        assert accepted.status_code == 202, accepted.text
        job = accepted.json()["job_id"]
        block_until(
            lambda: client.get(f"/jobs/{job}").json()["state"] in ENDED,
            "the job to end",
            timeout_s=90,
        )
        result = client.get(f"/jobs/{job}/result").json()
        assert result["metrics"]["status"] == "success", result["metrics"]["errors"]
        assert result["metrics"]["total_words"] > 50
        assert client.get(f"/jobs/{job}/pdf").content.startswith(b"%PDF")
        # The gateway's packages render pages too.
        shown = client.get(f"/web/jobs/{job}/image/0?width=200")
        assert shown.headers["content-type"] == "image/jpeg", shown.text
        assert (
            client.get("/workers/status", headers={"X-API-Key": "nobody's key"}).status_code == 401
        )


@pytest.mark.parametrize("container", ["node", "setup"])
def test_doctor_finds_nothing_wrong_within_a_container(system: System, container: str) -> None:
    done = system[container].run("docr", "doctor", "--json")
    findings = json.loads(done.stdout)["findings"]
    assert [each for each in findings if each["verdict"] == "problem"] == []
    assert done.returncode == 0


@asynccontextmanager
async def as_container(container: PlainContainer) -> AsyncIterator[tuple[Client, list[str]]]:
    """A bare client with the key that lies in a container, and what the broker says against it."""
    url = f"nats://127.0.0.1:{container.ports['4222']}"
    async with bare_client(url, container.seed()) as both:
        yield both


@pytest.mark.parametrize(
    ("container", "refused"),
    [
        ("node", ("$JS.API.STREAM.DELETE.PAGES", "ocr.summary.x", "$JS.API.STREAM.MSG.GET.SUBMIT")),
        ("gateway", ("$JS.API.STREAM.CREATE.MINE", "$JS.API.CONSUMER.MSG.NEXT.PAGES.bulk_latin")),
        ("ingest", ("$JS.API.STREAM.MSG.GET.RESULTS", "ocr.summary.x")),
        ("aggregator", ("$JS.API.STREAM.DELETE.SUMMARY",)),
    ],
)
async def test_the_key_in_a_container_opens_nothing_that_its_role_does_not_need(
    system: System, container: str, refused: tuple[str, ...]
) -> None:
    async with as_container(system[container]) as (client, said):
        assert (await client.request("$JS.API.INFO", timeout=5)).data
        assert said == []
        for subject in refused:
            await client.publish(subject, b"{}")
        await client.flush()
        await wait_until(lambda: len(said) == len(refused), "the broker to refuse them all")
        assert all("permissions violation for publish" in each for each in said)
    async with as_container(system["setup"]) as (client, said):
        for stream in ("PAGES", "SUMMARY"):
            there = json.loads((await client.request(f"$JS.API.STREAM.INFO.{stream}")).data)
            assert there["config"]["name"] == stream
        assert said == []


def test_setup_with_the_key_of_a_service_says_whose_key_it_needs(system: System) -> None:
    done = system["node"].run("docr", "setup")
    assert done.returncode == 1
    assert done.stderr.startswith("docr: this user of the broker may not make streams; set NATS_CR")


async def test_over_tls_setup_makes_the_streams_and_who_knows_no_certificate_stays_outside(
    secrets: Path, tmp_path: Path
) -> None:
    compose = read_compose("compose.yaml", "compose.tls.yaml")
    started = containers(tmp_path, compose, secrets, ("broker", "setup"))
    with ExitStack() as stack:
        set_up(started, stack)
        setup = started["setup"]
        assert setup.run("docr", "nodes").returncode == 0
        del setup.service["environment"]["NATS_TLS_CA"]
        done = setup.run("docr", "nodes")
        assert done.returncode != 0
        assert "is not trusted" in done.stderr


def test_the_broker_tells_keda_how_many_pages_wait(system: System) -> None:
    values = yaml.safe_load((DEPLOY / "helm/distributed-ocr/values.yaml").read_text())["keda"]
    # As KEDA's scaler nats-jetstream asks, and reads what is answered.
    told = httpx.get(
        f"http://127.0.0.1:{system['broker'].ports['8222']}/jsz",
        params={"acc": values["account"], "consumers": "true", "config": "true"},
    ).json()
    (account,) = [each for each in told["account_details"] if each["name"] == values["account"]]
    (pages,) = [each for each in account["stream_detail"] if each["name"] == "PAGES"]
    lags = {
        each["name"]: each["num_pending"] + each["num_ack_pending"]
        for each in pages["consumer_detail"]
    }
    for script in values["scripts"]:
        assert {lags[f"interactive_{script}"], lags[f"bulk_{script}"]} == {0}


def test_who_has_no_key_of_the_broker_is_refused(system: System, tmp_path: Path) -> None:
    node = system["node"]
    (node.root / "run/secrets/broker.nk").rename(tmp_path / "kept")
    try:
        done = node.run("docr", "nodes")
    finally:
        (tmp_path / "kept").rename(node.root / "run/secrets/broker.nk")
    assert done.returncode != 0
    assert "broker.nk" in done.stderr


def test_a_command_whose_packages_an_image_lacks_says_where_to_run_it(system: System) -> None:
    # The image of an aggregator, and a user who may do all.
    done = system["setup"].run("docr", "gateway")
    assert done.returncode == 1
    assert done.stderr == (
        "docr: this needs fastapi, which is not installed here; run it in the image of a node, or "
        "where all of requirements.lock is installed\n"
    )


def test_all_stop_cleanly_at_their_stop_signal(system: System) -> None:
    for role in ("node", "aggregator", "ingest", "gateway", "broker"):
        assert system[role].stop() == 0, role
    left = [path for each in system.values() for path in (each.root / "var/lib/docr").iterdir()]
    assert left == []
