"""The systemd units: what systemd itself says of them, and that they fit the program."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from docr.settings import Settings, load_settings

UNITS = Path(__file__).parent.parent.parent / "deploy" / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
# Known from systemd 254 on, and ignored before.
NEW_KEYS = ("RestartSteps", "RestartMaxDelaySec")
# This machine has no installation in /opt.
NOT_HERE = ("is not executable", "No such file or directory")


def systemd_analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze here")
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_there_is_a_unit_for_each_service() -> None:
    assert {each.stem for each in SERVICES} == {
        f"docr-{name}" for name in ("broker", "gateway", "ingest", "node", "aggregator")
    }


@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.stem)
def test_systemd_finds_no_mistake_in_a_unit(unit: Path) -> None:
    said = systemd_analyze("verify", str(unit)).stderr.splitlines()
    about = [line for line in said if unit.name in line]
    odd = [line for line in about if not any(each in line for each in (*NEW_KEYS, *NOT_HERE))]
    assert odd == []


@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.stem)
def test_a_unit_is_exposed_little(unit: Path) -> None:
    rated = systemd_analyze("security", "--offline=true", str(unit))
    if "Overall exposure level" not in rated.stdout:
        pytest.skip(f"this systemd-analyze rates no files: {rated.stderr[:200]}")
    (level,) = re.findall(r"exposure level for \S+ ([0-9.]+)", rated.stdout)
    assert float(level) < 3.0


def test_a_nodes_limits_leave_room_beside_its_engines() -> None:
    text = (UNITS / "docr-node.service").read_text()
    (memory_gb,) = re.findall(r"^MemoryMax=(\d+)G$", text, re.MULTILINE)
    (quota,) = re.findall(r"^CPUQuota=(\d+)%$", text, re.MULTILINE)
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    assert defaults["max_ram_gb"] < int(memory_gb) <= defaults["max_ram_gb"] + 4
    assert int(quota) == 100 * defaults["max_cpu_cores"]
    (stop_s,) = re.findall(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE)
    assert int(stop_s) > 2 * defaults["stop_grace_seconds"]


def test_the_settings_in_the_environment_files_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    named = dict(
        line.lstrip("#").split("=", 1)
        for line in (UNITS / "docr.env").read_text().splitlines()
        if re.match(r"#?[A-Z_]+=", line)
    )
    assert {name.lower() for name in named} <= set(Settings.model_fields)
    for name in os.environ.keys() & {each.upper() for each in Settings.model_fields}:
        monkeypatch.delenv(name)
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    assert load_settings().max_ram_gb == 22
