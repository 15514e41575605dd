"""TLS and several brokers as deploy.sh makes them of an inventory, before it reaches any host."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from deploy.rollout.certificates import Certificates, certificates_of
from deploy.rollout.host_file import HostFile, configuration_of, reloaded_of
from deploy.rollout.inventory import ROLES, ROLES_GOING_BACK
from deploy.rollout.inventory_file import read_inventory
from deploy.rollout.wrong import InventoryWrong
from tests.deploy.secured_site import NATS
from tests.deploy.test_inventory import CORE, NODE, THREE, files, told
from tests.nats_server import find_binary

ALONE = [CORE, NODE]


def put(files_of_host: dict[str, HostFile], folder: Path) -> Path:
    """The broker's files, with the folder in place of /etc/distributed-ocr."""
    folder.mkdir()
    for name, each in files_of_host.items():
        (folder / name).write_text(each.text.replace("/etc/distributed-ocr", str(folder)))
    return folder / "nats-server.conf"


@pytest.mark.parametrize(
    ("changed", "host"),
    [({"hosts": ALONE}, 0), ({"hosts": ALONE, "tls": False}, 0), ({"hosts": THREE}, 2)],
    ids=["alone", "alone without TLS", "one of three"],
)
def test_the_server_finds_no_mistake_in_what_deploy_writes(
    tmp_path: Path, changed: dict[str, Any], host: int
) -> None:
    configuration = put(files(told(tmp_path, **changed), host), tmp_path / "etc")
    # What the unit names.
    environment = {**os.environ, "NATS_STORE_DIR": f'"{tmp_path / "store"}"'}
    said = subprocess.run(
        [find_binary(), "-c", configuration, "-t"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    assert set(re.findall(r"\$\w+", re.sub(r"#.*", "", configuration.read_text()))) == {
        "$NATS_STORE_DIR"
    }


def test_services_know_all_brokers_and_keep_three_copies(tmp_path: Path) -> None:
    common = files(told(tmp_path, hosts=THREE), 1)["docr.env"].text
    assert "NATS_URL='tls://10.0.0.1:4222,tls://10.0.0.3:4222,tls://[fd00::4]:4222'" in common
    assert "NATS_REPLICAS='3'" in common
    assert "NATS_TLS_CA='/etc/distributed-ocr/ca.pem'" in common
    fewer = told(tmp_path, hosts=THREE, settings={"NATS_REPLICAS": 1})
    assert "NATS_REPLICAS='1'" in files(fewer, 1)["docr.env"].text
    alone = files(told(tmp_path, hosts=ALONE, tls=False), 1)
    assert "NATS_URL='nats://10.0.0.1:4222'" in alone["docr.env"].text
    assert "ca.pem" not in alone


def test_keys_of_certificates_go_to_their_broker_only(tmp_path: Path) -> None:
    path = told(tmp_path, hosts=[*THREE, NODE])
    core, two, _, reader = (files(path, host) for host in range(4))
    assert core["broker.key"].text != two["broker.key"].text
    assert core["broker.key"].mode == "0640"
    assert "broker.key" not in reader
    everywhere = "".join(each.text for host in (core, two, reader) for each in host.values())
    assert (tmp_path / "secrets/tls/ca.key").read_text().splitlines()[1] not in everywhere


def test_a_certificate_stays_until_it_nears_its_end_or_its_host_has_another_address(
    tmp_path: Path,
) -> None:
    def certificate(**changed: Any) -> str:
        found = certificates_of(
            read_inventory(
                told(tmp_path, hosts=ALONE) if not changed else told(tmp_path, **changed)
            )
        )
        assert found is not None
        return found.pairs["core"][0]

    first = certificate()
    assert certificate() == first
    elsewhere = certificate(hosts=[{**CORE, "address": "broker.example"}, NODE])
    assert elsewhere != first
    subprocess.run(
        [NATS / "make_ca.sh", tmp_path / "secrets/tls", "core", "10.0.0.1", "core"],
        env={**os.environ, "DAYS": "20"},
        check=True,
        capture_output=True,
    )
    ends_soon = (tmp_path / "secrets/tls/core.pem").read_text()
    assert certificate() not in (first, elsewhere, ends_soon)


def test_a_new_ca_follows_the_old_one_without_a_moment_in_which_it_is_not_trusted(
    tmp_path: Path,
) -> None:
    path = told(tmp_path, hosts=ALONE)
    folder = tmp_path / "secrets/tls"

    def handed_out() -> Certificates:
        found = certificates_of(read_inventory(path))
        assert found is not None
        return found

    first = handed_out()
    subprocess.run([NATS / "make_ca.sh", tmp_path / "new"], check=True, capture_output=True)
    new = (tmp_path / "new/ca.pem").read_text()
    (folder / "ca.pem").write_text(first.ca + new)
    both = handed_out()
    assert both.pairs == first.pairs
    (folder / "ca.pem").write_text(new + first.ca)
    shutil.copy(tmp_path / "new/ca.key", folder)
    (folder / "core.pem").unlink()
    second = handed_out()
    (folder / "ca.pem").write_text(new)
    last = handed_out()
    assert last.pairs == second.pairs
    for trusted, shown in ((first, both), (both, second), (second, last)):
        (tmp_path / "ca.pem").write_text(trusted.ca)
        (tmp_path / "core.pem").write_text(shown.pairs["core"][0])
        verified = subprocess.run(
            ["openssl", "verify", "-CAfile", tmp_path / "ca.pem", tmp_path / "core.pem"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert verified.returncode == 0, verified.stderr


def test_a_new_certificate_is_taken_in_by_the_broker_and_restarts_nothing(tmp_path: Path) -> None:
    path = told(tmp_path, hosts=[{**THREE[1], "roles": [*CORE["roles"], "node"]}])
    before = list(files(path, 0).values())
    (tmp_path / "secrets/tls/two.pem").unlink()
    after = list(files(path, 0).values())
    for role in ROLES:
        assert configuration_of(before, role) == configuration_of(after, role)
    assert reloaded_of(before, "broker") != reloaded_of(after, "broker")
    assert reloaded_of(after, "node") == ""


def test_certificates_of_ones_own_are_used_as_they_are(tmp_path: Path) -> None:
    path = told(tmp_path, hosts=ALONE, tls={"ca": "mine/root.pem", "folder": "mine"})
    with pytest.raises(InventoryWrong, match=r"mine/root.pem is missing, or is no PEM"):
        files(path, 0)
    subprocess.run(
        [NATS / "make_ca.sh", tmp_path / "mine", "core", "10.0.0.1"],
        check=True,
        capture_output=True,
    )
    shutil.move(tmp_path / "mine/ca.pem", tmp_path / "mine/root.pem")
    found = files(path, 0)
    assert found["broker.pem"].text == (tmp_path / "mine/core.pem").read_text()
    assert found["ca.pem"].text == (tmp_path / "mine/root.pem").read_text()
    assert not (tmp_path / "secrets/tls").exists()


def test_readers_of_messages_are_upgraded_before_writers_and_go_back_after_them() -> None:
    writes_for = [("gateway", "ingest"), ("ingest", "node"), ("node", "aggregator")]
    for writer, reader in [*writes_for, ("aggregator", "broker")]:
        assert ROLES.index(reader) < ROLES.index(writer)
        assert ROLES_GOING_BACK.index(writer) < ROLES_GOING_BACK.index(reader)
