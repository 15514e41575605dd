"""deploy/compose.yaml: what Compose itself says of it, and that it fits images and program."""

import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from docr.settings import Settings
from tests.deploy.dockerfile import stages
from tests.deploy.tools import DEPLOY, run, tool

OURS = ("broker", "gateway", "ingest", "aggregator", "node")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return loaded


def value(text: str) -> str:
    """With the defaults of its variables."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", str(text))


@pytest.mark.parametrize("profile", [(), ("--profile", "monitoring")], ids=["system", "monitoring"])
def test_compose_takes_the_file(profile: tuple[str, ...], tmp_path: Path) -> None:
    program = tool("docker-compose")
    shutil.copy(DEPLOY / "compose.yaml", tmp_path)
    done = run(program, "-f", tmp_path / "compose.yaml", *profile, "config", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")


def test_each_service_of_ours_is_a_target_of_the_dockerfile(compose: dict[str, Any]) -> None:
    for name in OURS:
        build = compose["services"][name]["build"]
        assert build["target"] == name
        assert name in stages()
        assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()


def test_no_container_may_write_or_gain_rights(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_settings_are_known_and_a_nodes_fit_its_limits(compose: dict[str, Any]) -> None:
    known = {name.upper() for name in Settings.model_fields} | {"SECRETS_DIR"}
    for name in OURS[1:]:
        assert compose["services"][name]["environment"].keys() <= known
    node = compose["services"]["node"]
    limits = node["deploy"]["resources"]["limits"]
    assert value(limits["cpus"]) == value(node["environment"]["MAX_CPU_CORES"])
    spare_gb = float(value(limits["memory"]).rstrip("g")) - float(
        value(node["environment"]["MAX_RAM_GB"])
    )
    assert spare_gb >= 2
    grace_s = Settings.model_fields["stop_grace_seconds"].default
    assert int(node["stop_grace_period"].rstrip("s")) > 2 * grace_s


def test_only_the_gateway_and_what_watches_can_be_reached(compose: dict[str, Any]) -> None:
    assert compose["networks"]["inside"]["internal"] is True
    reachable = {name for name, service in compose["services"].items() if "ports" in service}
    assert reachable == {"gateway", "prometheus", "grafana"}
    for name in reachable:
        for port in compose["services"][name]["ports"]:
            assert value(port).startswith("127.0.0.1:")


def test_prometheus_asks_the_gateway_with_a_key_that_it_has(compose: dict[str, Any]) -> None:
    config = yaml.safe_load((DEPLOY / "docker" / "prometheus.yml").read_text())
    (scrape,) = config["scrape_configs"]
    (secret,) = compose["services"]["prometheus"]["secrets"]
    assert scrape["authorization"]["credentials_file"] == f"/run/secrets/{secret['target']}"
    assert scrape["static_configs"] == [{"targets": ["gateway:8000"]}]


def test_each_secret_is_one_that_is_made(compose: dict[str, Any], tmp_path: Path) -> None:
    made = run(sys.executable, DEPLOY / "docker" / "make_secrets.py", tmp_path / "secrets")
    assert made.returncode == 0
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    for secret in compose["secrets"].values():
        assert (tmp_path / secret["file"]).read_text()
    used = {
        each if isinstance(each, str) else each["source"]
        for service in compose["services"].values()
        for each in service.get("secrets", ())
    }
    assert used == compose["secrets"].keys()
    before = {path: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    run(sys.executable, DEPLOY / "docker" / "make_secrets.py", tmp_path / "secrets")
    assert {path: path.read_text() for path in (tmp_path / "secrets").iterdir()} == before
