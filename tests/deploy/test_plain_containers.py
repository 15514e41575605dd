"""The whole system as compose.yaml starts it, each role with the packages of its image alone."""

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
import yaml

from contracts.job_state import ENDED
from tests.deploy.plain_containers import PlainContainer, free_ports
from tests.deploy.tools import DEPLOY, ROOT, run
from tests.waiting import block_until

System = dict[str, PlainContainer]


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("plain")
    run(sys.executable, DEPLOY / "docker" / "make_secrets.py", folder / "secrets")
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    secrets = {name: folder / each["file"] for name, each in compose["secrets"].items()}
    ports = free_ports("4222", "8222", "8000", "8001")
    started: System = {}
    with ExitStack() as stack:
        for role in ("broker", "gateway", "ingest", "aggregator", "node"):
            container = PlainContainer(
                role=role,
                service=compose["services"][role],
                secrets=secrets,
                root=folder / role,
                ports=ports,
            )
            started[role] = stack.enter_context(container)
            if role == "broker":
                # The others are started once it is healthy.
                block_until(container.is_healthy, "the broker to be healthy")
        for role, container in started.items():
            block_until(container.is_healthy, f"{role} to be healthy", timeout_s=90)
        yield started


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
        assert (
            client.get("/workers/status", headers={"X-API-Key": "nobody's key"}).status_code == 401
        )


def test_doctor_finds_nothing_wrong_within_a_container(system: System) -> None:
    done = system["node"].run("docr", "doctor", "--json")
    findings = json.loads(done.stdout)["findings"]
    assert [each for each in findings if each["verdict"] == "problem"] == []
    assert done.returncode == 0


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
    (node.root / "run/secrets/broker.nkey").rename(tmp_path / "kept")
    try:
        done = node.run("docr", "nodes")
    finally:
        (tmp_path / "kept").rename(node.root / "run/secrets/broker.nkey")
    assert done.returncode != 0
    assert "broker.nkey" in done.stderr


def test_a_command_whose_packages_an_image_lacks_says_where_to_run_it(system: System) -> None:
    done = system["aggregator"].run("docr", "gateway")
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
