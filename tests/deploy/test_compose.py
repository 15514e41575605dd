"""deploy/compose.yaml: what Compose itself says of it, and that it fits images and program."""

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from broker.roles import OPERATOR
from docr.settings import Settings
from tests.deploy.dockerfile import stages
from tests.deploy.plain_containers import read_compose
from tests.deploy.tools import DEPLOY, run, tool

SERVICES = ("gateway", "ingest", "aggregator", "node")
OURS = ("broker", "setup", *SERVICES)
PLAIN, OVER_TLS = ("compose.yaml",), ("compose.yaml", "compose.tls.yaml")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return loaded


def value(text: str) -> str:
    """With the defaults of its variables."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", str(text))


def composed(files: tuple[str, ...], folder: Path, *arguments: str) -> str:
    """What `docker-compose config` says of them."""
    program = tool("docker-compose")
    named = []
    for name in files:
        shutil.copy(DEPLOY / name, folder)
        named += ["-f", str(folder / name)]
    done = run(program, *named, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("files", [PLAIN, OVER_TLS], ids=["plain", "over TLS"])
@pytest.mark.parametrize("profile", [(), ("--profile", "monitoring")], ids=["system", "monitoring"])
def test_compose_takes_the_files(
    profile: tuple[str, ...], files: tuple[str, ...], tmp_path: Path
) -> None:
    composed(files, tmp_path, *profile, "config", "--quiet")


def test_compose_adds_the_second_file_as_these_tests_do(tmp_path: Path) -> None:
    told = json.loads(composed(OVER_TLS, tmp_path, "config", "--format", "json"))["services"]
    ours = read_compose(*OVER_TLS)["services"]
    for name in OURS:
        assert {(each["source"], each["target"]) for each in told[name]["secrets"]} == {
            (each["source"], each["target"]) for each in ours[name]["secrets"]
        }
        assert told[name].get("environment", {}).keys() == ours[name].get("environment", {}).keys()
        assert told[name].get("command") == ours[name].get("command")
        assert told[name]["read_only"] is True


def test_each_service_of_ours_is_a_target_of_the_dockerfile(compose: dict[str, Any]) -> None:
    for name in OURS:
        build = compose["services"][name]["build"]
        assert build["target"] == (name if name != "setup" else "aggregator")
        assert build["target"] in stages()
        assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()


def test_a_container_holds_the_key_of_its_role_alone(compose: dict[str, Any]) -> None:
    for name in ("setup", *SERVICES):
        service = compose["services"][name]
        role = OPERATOR if name == "setup" else name
        (seed,) = [each for each in service["secrets"] if each["source"].endswith("_seed")]
        assert compose["secrets"][seed["source"]]["file"] == f"./secrets/{role}.nk"
        assert service["environment"]["NATS_CREDS"] == f"/run/secrets/{seed['target']}"
    # What cannot open documents does not hold the key to their passwords, nor those of the API.
    held = {
        secret: {
            name
            for name, service in compose["services"].items()
            for each in service["secrets"]
            if secret == (each["source"] if isinstance(each, dict) else each)
        }
        for secret in ("api_keys", "secret_key", "operator_seed")
    }
    assert held == {
        "api_keys": {"gateway"},
        "secret_key": {"gateway", "ingest", "aggregator"},
        "operator_seed": {"setup"},
    }


def test_services_make_no_streams_and_start_once_they_are_made(compose: dict[str, Any]) -> None:
    for name in SERVICES:
        service = compose["services"][name]
        assert service["environment"]["OCR_TOPOLOGY"] == "check"
        assert service["depends_on"] == {"setup": {"condition": "service_completed_successfully"}}
    setup = compose["services"]["setup"]
    assert setup["command"] == ["setup"]
    assert setup["depends_on"] == {"broker": {"condition": "service_healthy"}}
    # It makes them as the settings of the services say.
    aggregator = compose["services"]["aggregator"]
    assert setup["environment"] == aggregator["environment"]


def test_no_container_may_write_or_gain_rights(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_settings_are_known_and_a_nodes_fit_its_limits(compose: dict[str, Any]) -> None:
    known = {name.upper() for name in Settings.model_fields} | {"SECRETS_DIR"}
    for files in (PLAIN, OVER_TLS):
        for name in OURS[1:]:
            assert read_compose(*files)["services"][name]["environment"].keys() <= known
    node = compose["services"]["node"]
    limits = node["deploy"]["resources"]["limits"]
    assert value(limits["cpus"]) == value(node["environment"]["MAX_CPU_CORES"])
    spare_gb = float(value(limits["memory"]).rstrip("g")) - float(
        value(node["environment"]["MAX_RAM_GB"])
    )
    assert spare_gb >= 2
    grace_s = Settings.model_fields["stop_grace_seconds"].default
    assert int(node["stop_grace_period"].rstrip("s")) > 2 * grace_s


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        (PLAIN, {"gateway", "prometheus", "grafana"}),
        (OVER_TLS, {"gateway", "prometheus", "grafana", "broker"}),
    ],
)
def test_only_what_others_need_can_be_reached_and_from_this_machine_alone(
    files: tuple[str, ...], wanted: set[str]
) -> None:
    composed = read_compose(*files)
    assert composed["networks"]["inside"]["internal"] is True
    reachable = {name for name, service in composed["services"].items() if "ports" in service}
    assert reachable == wanted
    for name in reachable:
        for port in composed["services"][name]["ports"]:
            assert value(port).startswith("127.0.0.1:")


def test_prometheus_asks_the_gateway_with_a_key_that_it_has(compose: dict[str, Any]) -> None:
    config = yaml.safe_load((DEPLOY / "docker" / "prometheus.yml").read_text())
    (scrape,) = config["scrape_configs"]
    (secret,) = compose["services"]["prometheus"]["secrets"]
    assert scrape["authorization"]["credentials_file"] == f"/run/secrets/{secret['target']}"
    assert scrape["static_configs"] == [{"targets": ["gateway:8000"]}]


def test_each_secret_is_one_that_is_made(tmp_path: Path) -> None:
    compose = read_compose(*OVER_TLS)
    folder = tmp_path / "secrets"

    def make(*arguments: str) -> dict[Path, str]:
        made = run(sys.executable, DEPLOY / "docker" / "make_secrets.py", folder, *arguments)
        assert made.returncode == 0, made.stderr
        return {path: path.read_text() for path in folder.iterdir() if path.is_file()}

    before = make()
    run(DEPLOY / "nats/make_ca.sh", folder / "tls", "broker", "broker")
    assert folder.stat().st_mode & 0o777 == 0o700
    for secret in compose["secrets"].values():
        assert (tmp_path / secret["file"]).read_text()
    # Containers have a user of their own.
    assert {path.stat().st_mode & 0o777 for path in before} == {0o644}
    used = {
        each if isinstance(each, str) else each["source"]
        for service in compose["services"].values()
        for each in service.get("secrets", ())
    }
    assert used == compose["secrets"].keys()
    assert "reader-first.nk" in {path.name for path in before}
    assert make() == before

    after = make("--rotate", "node", "--tenant", "acme")
    new = {path.name for path in after if after[path] != before.get(path)}
    assert new == {"node.nk", "reader-acme.nk", "users.json", "users.conf"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--rotate", "nobody"), "there is no user 'nobody'"),
        (("--tenant", "a b"), "tenant 'a b' cannot be used"),
    ],
)
def test_wrong_arguments_for_secrets_are_told(
    arguments: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    done = run(sys.executable, DEPLOY / "docker" / "make_secrets.py", tmp_path / "x", *arguments)
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr
