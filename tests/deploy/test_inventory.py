"""What deploy.sh makes of an inventory, before it reaches any host."""

import fcntl
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from deploy.rollout.__main__ import main
from deploy.rollout.broker_files import broker_url
from deploy.rollout.credentials import Credentials
from deploy.rollout.host_file import HostFile, configuration_of
from deploy.rollout.host_files import files_of
from deploy.rollout.host_steps import Goal
from deploy.rollout.inventory_file import read_inventory
from deploy.rollout.release import ROOT, Release
from deploy.rollout.remote import assignments
from deploy.rollout.wrong import InventoryWrong

_SCRIPTS: Final = ROOT / "deploy" / "rollout" / "on_host"
_CORE: Final = ["broker", "aggregator", "ingest", "gateway"]


def told(tmp_path: Path, **changed: Any) -> Path:
    """An inventory of two hosts."""
    inventory = {
        "credentials": "./secrets",
        "hosts": [
            {"name": "core", "address": "10.0.0.1", "roles": _CORE},
            {"name": "reader", "address": "10.0.0.2", "roles": ["node"]},
        ],
        **changed,
    }
    path = tmp_path / "inventory.yaml"
    path.write_text(yaml.safe_dump(inventory))
    return path


def files(path: Path, host: int) -> dict[str, HostFile]:
    inventory = read_inventory(path)
    credentials = Credentials.made(inventory)
    found = files_of(inventory, inventory.hosts[host], credentials, models=None)
    return {each.path.rpartition("/")[2]: each for each in found}


def test_the_example_is_an_inventory() -> None:
    inventory = read_inventory(ROOT / "deploy" / "inventory.example.yaml")
    assert broker_url(inventory) == "tls://10.0.0.1:4222"
    assert inventory.hosts[2].settings["MAX_CPU_CORES"] == "8"


NODE: Final = {"name": "reader", "address": "10.0.0.2", "roles": ["node"]}
CORE: Final = {"name": "core", "address": "10.0.0.1", "roles": _CORE}
THREE: Final = [
    CORE,
    {"name": "two", "address": "10.0.0.3", "roles": ["broker", "node"]},
    {"name": "three", "address": "fd00::4", "roles": ["broker"]},
]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"hosts": []}, "hosts: "),
        ({"hosts": [CORE]}, "no host has the role node; give it to one"),
        ({"hosts": [CORE, {**NODE, "name": "core"}]}, "two hosts have the name core"),
        ({"hosts": [CORE, {**NODE, "address": "10.0.0.1"}]}, "two hosts have the address 10.0.0.1"),
        ({"hosts": [CORE, {**NODE, "roles": ["broker", "node"]}]}, "2 hosts have the role broker"),
        ({"hosts": THREE, "tls": False}, "without certificates whoever reaches one of them"),
        ({"settings": {"NATS_REPLICAS": 3}}, "NATS_REPLICAS is 3, more than there are"),
        ({"settings": {"NATS_TLS_CA": "/ca.pem"}}, "NATS_TLS_CA is not set here"),
        ({"hosts": [CORE, {**NODE, "roles": ["reader"]}]}, "hosts.1.roles.0: Input should be"),
        ({"hosts": [CORE, {**NODE, "address": "-oProxyCommand=x"}]}, "neither an IP address nor"),
        ({"hosts": [CORE, {**NODE, "name": "a/../b"}]}, "hosts.1.name: "),
        ({"nodes": 3}, "nodes: there is no such key"),
        ({"credentials": None}, "credentials: "),
        ({"settings": {"MAX_RAM": 3}}, "settings: there is no setting MAX_RAM"),
        ({"settings": {"NATS_URL": "nats://x"}}, "NATS_URL is not set here"),
        ({"settings": {"DEFAULT_DPI": "many"}}, "DEFAULT_DPI is 'many'"),
        (
            {"role_settings": {"node": {"OCR_LANGUAGE": "it's"}}},
            "role_settings.node.OCR_LANGUAGE: must not hold a single quote",
        ),
        ({"hosts": [CORE, {**NODE, "roles": "node"}]}, "hosts.1.roles: must be a list"),
        ({"api_keys": ["a_b"]}, "api_keys.0: must be 1 to 48 letters"),
    ],
)
def test_what_is_wrong_in_an_inventory_is_named(
    tmp_path: Path, changed: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InventoryWrong, match=re.escape(sentence)):
        read_inventory(told(tmp_path, **changed))


def test_what_is_wrong_within_a_host_is_all_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(InventoryWrong) as wrong:
        read_inventory(told(tmp_path, hosts=[{**CORE, "adress": "x"}]))
    (line,) = str(wrong.value).splitlines()
    assert "hosts.0.adress: there is no such key" in line


def test_keys_with_nothing_below_them_count_as_left_out(tmp_path: Path) -> None:
    path = told(tmp_path, settings=None, ssh=None, role_settings={"node": None}, tls=None)
    assert read_inventory(path) == read_inventory(told(tmp_path))


@pytest.mark.parametrize("text", ["hosts: [", "- 1", "", "1: 2", "\udce4"])
def test_a_file_that_is_no_inventory_ends_with_a_sentence_and_code_2(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "inventory.yaml"
    path.write_text(text, errors="surrogateescape")
    assert main([str(path)]) == 2
    assert str(path) in capsys.readouterr().err


def test_an_unknown_node_is_refused_before_anything_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = told(tmp_path)
    assert main([str(path), "--add-node", "other"]) == 2
    assert "has no host other with the role node" in capsys.readouterr().err
    assert main([str(path), "--wheelhouse", str(tmp_path / "none")]) == 2
    assert "is no folder" in capsys.readouterr().err
    assert not (tmp_path / "secrets").exists()


def test_two_at_once_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = told(tmp_path)
    with path.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert main([str(path), "--rollback"]) == 2
    assert "another deploy.sh works with" in capsys.readouterr().err


def test_seeds_and_keys_are_made_once_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    before = files(told(tmp_path), 0)
    after = files(told(tmp_path, api_keys=["admin", "acme"]), 0)
    made = [each for each in (tmp_path / "secrets").rglob("*") if each.is_file()]
    # But for public keys, and whose they are.
    made = [each for each in made if each.stem != "users" and each.suffix != ".pem"]
    assert {"node.nk", "operator.nk", "reader-acme.nk"} < {each.name for each in made}
    assert {each.stat().st_mode & 0o777 for each in made} == {0o600}
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert before["ingest.env"].text == after["ingest.env"].text
    assert after["gateway.env"].text.count("acme:") == 1
    assert after["ingest.nk"].text.strip() not in after["users.conf"].text


def test_a_host_gets_the_secrets_of_its_own_roles_only(tmp_path: Path) -> None:
    reader = files(told(tmp_path), 1)
    assert set(reader) == {"ca.pem", "docr.env", "node.env", "node.nk"}
    assert all(each.mode == "0640" for each in reader.values())
    assert "SECRET" not in reader["node.env"].text
    assert "API_KEYS" not in reader["node.env"].text


def test_seeds_of_roles_are_used_where_the_folder_has_them(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "users.conf").write_text("accounts {}\n")
    with pytest.raises(InventoryWrong, match=r"services.nk is missing"):
        files(told(tmp_path), 1)
    for name in ("node", *_CORE[1:], "operator"):
        (folder / f"{name}.nk").write_text(f"SU{name}\n")
    assert files(told(tmp_path), 1)["node.nk"].text == "SUnode\n"
    assert "OCR_TOPOLOGY='check'" in files(told(tmp_path), 1)["docr.env"].text
    assert files(told(tmp_path), 0)["users.conf"].text == "accounts {}\n"


def test_the_broker_listens_at_its_address_and_asks_who_comes(tmp_path: Path) -> None:
    path = told(tmp_path, settings={"STORE_GB": 30}, broker_port=4333)
    text = files(path, 0)["nats-server.conf"].text
    assert re.findall(r"(?m)^listen: .*", text)[-1] == 'listen: "10.0.0.1:4333"'
    assert "max_file_store: 40GB" in text
    assert "include ./users.conf" in text


def test_limits_of_a_node_follow_its_settings(tmp_path: Path) -> None:
    path = told(tmp_path, role_settings={"node": {"MAX_RAM_GB": 6, "MAX_CPU_CORES": 4}})
    limits = files(path, 1)["limits.conf"]
    assert "MemoryMax=8192M" in limits.text
    assert "CPUQuota=400%" in limits.text
    assert limits.mode == "0644"


def test_settings_of_all_are_known_to_checks_and_those_of_a_host_win(tmp_path: Path) -> None:
    reader = {**NODE, "settings": {"MAX_RAM_GB": 5}}
    path = told(
        tmp_path,
        hosts=[CORE, reader],
        settings={"STORE_GB": 30, "COORDINATOR_HOST": "10.1.0.1"},
        role_settings={"node": {"MAX_RAM_GB": 9, "OCR_LANGUAGES": "en"}},
    )
    assert "STORE_GB='30'" in files(path, 1)["docr.env"].text
    assert "MAX_RAM_GB='5'" in files(path, 1)["docr.env"].text
    assert "MAX_RAM_GB" not in files(path, 1)["node.env"].text
    assert "COORDINATOR_HOST" not in files(path, 0)["gateway.env"].text


def test_a_service_is_started_anew_for_what_it_reads_only(tmp_path: Path) -> None:
    before = list(files(told(tmp_path), 0).values())
    changed = told(tmp_path, role_settings={"gateway": {"MAX_UPLOAD_MB": 10}})
    after = list(files(changed, 0).values())
    assert configuration_of(before, "ingest") == configuration_of(after, "ingest")
    assert configuration_of(before, "broker") == configuration_of(after, "broker")
    assert configuration_of(before, "gateway") != configuration_of(after, "gateway")


@pytest.mark.parametrize("lock", ["requirements.lock", "operator.lock"])
def test_a_part_of_the_lock_holds_nothing_else(lock: str) -> None:
    whole = (ROOT / "requirements.lock").read_text().splitlines()
    part = (ROOT / "deploy" / lock).read_text().splitlines()
    assert len(part) > 100
    assert set(part[1:]) <= set(whole)


@pytest.mark.parametrize(
    "script",
    [*sorted(_SCRIPTS.glob("*.sh")), ROOT / "deploy" / "deploy.sh"],
    ids=lambda path: path.stem,
)
def test_sh_finds_no_mistake_in_a_script(script: Path) -> None:
    shell = shutil.which("dash") or "sh"
    checked = subprocess.run(
        [shell, "-n", str(script)], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_steps_of_a_host_come_in_their_order(tmp_path: Path) -> None:
    inventory = read_inventory(told(tmp_path))
    release = Release(
        name="1.0.0-abc", folder=tmp_path, nats_version="2.15.0", packages="0123456789"
    )
    goal = Goal(
        inventory=inventory,
        credentials=Credentials.made(inventory),
        release=release,
        release_name=release.name,
    )
    core, reader = inventory.hosts
    assert [each.name for each in goal.preparing(core)] == ["room", "python", "user", "release"]
    assert [each.name for each in goal.switching(core)] == ["no node", "settings", "switch"]
    assert [goal.starting(core, role).variables["UNIT"] for role in core.roles] == [
        "docr-broker.service",
        "docr-aggregator.service",
        "docr-ingest.service",
        "docr-gateway.service",
    ]
    secrets = [each for each in goal.switching(reader) if each.files]
    assert [each.name for each in secrets] == ["settings"]
    assert not any(
        text.strip() in str(dict(each.variables))
        for each in secrets
        for path, text in each.files.items()
        if path.endswith(".nk")
    )


ROOM: Final = {"RELEASE": "9-a", "NEEDED_MB": "1"}


@pytest.mark.parametrize(
    ("script", "variables", "finds"),
    [
        ("python.sh", {"PYTHON": "/nowhere/python3"}, "correct 'python' of this host"),
        ("release.sh", {"RELEASE": "9-a", "PACKAGES": "b"}, "install release 9-a"),
        ("room.sh", {"RELEASE": "9-a", "NEEDED_MB": "999999999", "STORE_GB": ""}, "make room on"),
        (
            "room.sh",
            {**ROOM, "STORE_GB": "99999", "BROKERS": "1"},
            "set STORE_GB",
        ),
        ("files.sh", {"WANTED": "00 0640 /nowhere/docr.env", "UNWANTED": ""}, "write /nowhere/"),
        ("switch.sh", {"RELEASE": "9-a", "UNITS": "docr-none.service"}, "switch to 9-a"),
        ("broker_state.sh", {"BROKERS": "3", "MONITOR": "8222"}, "does not run"),
        ("no_service.sh", {"UNIT": "docr-none.service"}, ""),
    ],
)
def test_a_look_at_a_host_says_what_is_to_be_done(
    script: str, variables: dict[str, str], finds: str
) -> None:
    texts = [(_SCRIPTS / each).read_text() for each in ("all.sh", script)]
    looked = subprocess.run(
        ["sh", "-s"],
        input="\n".join([assignments({"PYTHON": "", **variables}), *texts, "look\n"]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert looked.returncode in (0, 3)
    assert finds in looked.stdout + looked.stderr
    assert finds or not looked.stdout
