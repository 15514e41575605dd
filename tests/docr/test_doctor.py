"""`docr doctor` beside a real broker: what it finds, and what it tells to do."""

import json
from pathlib import Path
from typing import Any

import pytest

from broker.apply_topology import apply_topology
from broker.connection import Broker
from broker.submissions import SubmitQueue
from contracts.job_options import JobOptions
from contracts.topology import DAY_S, TopologySettings, topology
from docr.settings import load_settings
from docr.site_topology import site_topology
from tests.docr.commands import docr


def found(folder: Path, url: str, **settings: str) -> tuple[int, list[dict[str, Any]]]:
    ran = docr("doctor", "--json", folder=folder, NATS_URL=url, **settings)
    assert "Traceback" not in ran.stderr
    return ran.returncode, json.loads(ran.stdout)["findings"]


def texts(findings: list[dict[str, Any]], about: str, verdict: str) -> str:
    return "\n".join(
        each["text"] for each in findings if (each["about"], each["verdict"]) == (about, verdict)
    )


def test_without_a_broker_it_says_what_to_start_and_looks_at_the_machine(tmp_path: Path) -> None:
    code, findings = found(tmp_path, "nats://127.0.0.1:9")
    assert code == 1
    assert "start nats-server" in texts(findings, "broker", "problem")
    assert "engines of" in texts(findings, "engines", "good")
    assert "free" in texts(findings, "TEMP_DIR", "good")


def test_a_folder_that_cannot_be_written_and_a_missing_model_are_problems(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, findings = found(
        tmp_path,
        "nats://127.0.0.1:9",
        TEMP_DIR=str(tmp_path / "file" / "temp"),
        OCR_ENGINE="onnxruntime",
        OCR_LANGUAGES="korean",
        OCR_OFFLINE="true",
    )
    assert code == 1
    assert "set TEMP_DIR" in texts(findings, "TEMP_DIR", "problem")
    assert "OCR_MODEL_DIR" in texts(findings, "models", "problem")


async def test_a_broker_that_nobody_has_set_up_is_said_to_be_so(
    tmp_path: Path, empty_broker: Broker, broker_url: str
) -> None:
    _, findings = found(tmp_path, broker_url)
    assert "first service" in texts(findings, "topology", "note")


async def test_drift_and_work_that_nobody_asks_for_are_named(
    tmp_path: Path, empty_broker: Broker, broker_url: str
) -> None:
    await apply_topology(empty_broker, site_topology(load_settings()))
    code, findings = found(tmp_path, broker_url)
    assert "as the settings say" in texts(findings, "topology", "good")
    assert "the broker's" in texts(findings, "clock", "good")
    assert "start docr node" in texts(findings, "nodes", "problem")
    assert code == 1

    await apply_topology(empty_broker, topology(TopologySettings(outputs_kept_s=3 * DAY_S)))
    (tmp_path / "a.txt").write_text("a document")
    await SubmitQueue(empty_broker).submit_file(
        tmp_path / "a.txt", job_id="j1", options=JobOptions()
    )
    _, findings = found(tmp_path, broker_url)
    assert "bucket OUTPUTS: max_age" in texts(findings, "topology", "problem")
    assert "start docr ingest" in texts(findings, "queues", "problem")


@pytest.mark.parametrize("arguments", [("--settings",), ("--settings", "--json")])
def test_it_prints_the_settings_without_secrets(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    ran = docr(
        "doctor",
        *arguments,
        folder=tmp_path,
        NATS_URL="nats://me:hush@127.0.0.1:9",
        OCR_API_KEYS="a:topsecretkey00001",
    )
    assert "OCR_API_KEYS" in ran.stdout
    assert "DEFAULT_DPI" in ran.stdout
    assert "hush" not in ran.stdout + ran.stderr
    assert "topsecretkey" not in ran.stdout + ran.stderr


def test_the_release_is_printed(tmp_path: Path) -> None:
    ran = docr("--version", folder=tmp_path)
    assert (ran.returncode, ran.stdout.split()[0]) == (0, "docr")
