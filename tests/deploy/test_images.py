"""The Dockerfile and what stands beside it: rules of hadolint, files and names that exist."""

import fnmatch
import os
import re
import sys
from pathlib import Path

import pytest
import yaml

from deploy.docker import locked
from docr.server_binary import SERVER_ENVIRONMENT
from docr.settings import Settings
from tests.deploy.dockerfile import stages
from tests.deploy.tools import DEPLOY, ROOT, run, tool

DOCKER = DEPLOY / "docker"
ROLES = ("broker", "gateway", "ingest", "aggregator", "node")
LISTS = sorted((DOCKER / "packages").glob("*.txt"))


def test_hadolint_finds_nothing() -> None:
    done = run(tool("hadolint"), "--failure-threshold", "style", DOCKER / "Dockerfile")
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("role", ROLES)
def test_an_image_runs_as_nobody_in_particular_and_says_how_it_is(role: str) -> None:
    stage = stages()[role]
    assert stage.last("USER") == "10001:10001"
    assert stage.last("STOPSIGNAL") == "SIGTERM"
    assert stage.health_check()


def test_all_that_is_copied_is_there_and_sent_to_the_builder() -> None:
    kept = [
        line[1:]
        for line in (DOCKER / "Dockerfile.dockerignore").read_text().splitlines()
        if line.startswith("!")
    ]
    assert all((ROOT / each).exists() for each in kept)
    for stage in stages().values():
        for value in stage.all_of("COPY"):
            if value.startswith("--from="):
                assert value.split()[0].removeprefix("--from=") in stages()
                continue
            for source in value.split()[:-1]:
                assert (ROOT / source).exists()
                assert source == "." or any(
                    source == each or source.startswith(f"{each}/") for each in kept
                )


def test_what_the_wheel_is_made_of_is_sent_to_the_builder() -> None:
    packages = re.findall(r"^packages = \[(.*)\]$", (ROOT / "pyproject.toml").read_text(), re.M)
    kept = (DOCKER / "Dockerfile.dockerignore").read_text().splitlines()
    assert {f"!{name}" for name in re.findall(r'"(\w+)"', packages[0])} <= set(kept)


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_the_lock_pins_all_that_a_list_names(path: Path) -> None:
    pinned = locked.entries((ROOT / "requirements.lock").read_text())
    wanted = locked.names(path.read_text())
    assert wanted
    assert wanted <= pinned.keys()
    assert all("--hash=sha256:" in pinned[name] for name in wanted)


def test_the_lists_that_are_installed_are_there() -> None:
    named = {name for stage in stages().values() for name in stage.lists()}
    assert named <= {path.stem for path in LISTS}


def test_the_environment_of_images_holds_known_settings() -> None:
    known = {name.upper() for name in Settings.model_fields}
    others = {"PATH", "HOME", "TMPDIR", "PYTHONUNBUFFERED", "NATS_STORE_DIR", "GOGC"}
    for role in ROLES:
        assert set(stages()[role].environment()) <= known | others


def test_a_broker_looks_for_garbage_as_often_however_it_is_started() -> None:
    often = SERVER_ENVIRONMENT["GOGC"]
    assert stages()["broker"].environment()["GOGC"] == often
    unit = (DEPLOY / "systemd" / "docr-broker.service").read_text()
    assert re.search(rf"^Environment=GOGC={often} ", unit, re.MULTILINE)
    chart = yaml.safe_load((DEPLOY / "helm" / "distributed-ocr" / "values.yaml").read_text())
    assert chart["nats"]["container"]["env"]["GOGC"] == often


def test_paddlepaddle_comes_only_where_it_is_asked_for() -> None:
    for name in ("every-role", "http", "node"):
        wanted = locked.names((DOCKER / "packages" / f"{name}.txt").read_text())
        assert not fnmatch.filter(wanted, "paddle*")


def test_a_service_that_stands_or_has_not_started_is_not_healthy(tmp_path: Path) -> None:
    alive = tmp_path / "alive"

    def healthy() -> tuple[int, str]:
        done = run(sys.executable, "-I", DOCKER / "healthy.py", ALIVE_FILE=str(alive))
        return done.returncode, done.stderr

    assert healthy() == (1, f"{alive} is not there: the service has not started yet\n")
    alive.touch()
    assert healthy() == (0, "")
    os.utime(alive, (0, 0))
    code, said = healthy()
    assert code == 1
    assert said.endswith("s old: the service stands, or the broker is away\n")
