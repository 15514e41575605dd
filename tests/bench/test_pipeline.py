"""`docr bench pipeline`, small, as a user runs it."""

import json
import os
import signal
from pathlib import Path

import pytest

from tests.docr.commands import docr, start_docr
from tests.processes import children_of, is_alive
from tests.waiting import block_until


def test_every_part_of_the_pipeline_is_measured(tmp_path: Path) -> None:
    done = docr(
        *("bench", "pipeline", "--rounds", "1", "--pages", "3", "--engines", "1"),
        *("--most-pages", "100", "--flow-pages", "40", "--long-pages", "30", "--out", "found"),
        folder=tmp_path,
        OCR_ENGINE="echo",
    )
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "found" / "pipeline.json").read_text())
    (flow,) = found["flow"]["runs"]
    assert (flow["pages"], flow["status"]) == (40, "success")
    assert flow["pages_per_second"] > 1
    assert set(flow["core_ms_a_page"]) == {"broker", "ingest", "node", "aggregator"}
    small, large = found["flat"]
    assert (small["pages"], large["pages"], large["jobs"]) == (10, 100, 3)
    # Those of ten pages come again until the others have ended.
    assert small["jobs"] >= 30
    assert small["jobs"] % 30 == 0
    assert len(found["first_page"]) == 2
    for each in found["first_page"].values():
        assert each["accepted_s"] < each["first_page_s"] < each["end_s"]
    assert found["run"]["pages"] == 3
    assert set(found["run"]["ratios"]) == {"ratio, start on both sides", "ratio, start apart"}
    assert "pages/s" in done.stdout


def test_a_part_that_is_not_known_is_named(tmp_path: Path) -> None:
    done = docr("bench", "pipeline", "--part", "x", folder=tmp_path)
    assert done.returncode == 2
    assert "name some of: run, flow, flat, first" in done.stderr
    done = docr("bench", "pipeline", "--flat-engine", "x", folder=tmp_path)
    assert done.returncode == 2
    assert "onnxruntime" in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        "pipeline --part flow --rounds 100 --flow-pages 40",
        "fleet --steps 5 --page-seconds 0.1 --page-kb 10 --seconds 100 --no-recovery",
    ],
)
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_a_measurement_that_is_stopped_or_killed_leaves_no_fleet(
    tmp_path: Path, command: str, number: signal.Signals, code: int
) -> None:
    process = start_docr("bench", *command.split(), folder=tmp_path, OCR_ENGINE="echo")
    # Broker, ingest, node and aggregator.
    block_until(lambda: len(children_of(process.pid)) >= 4, "the fleet to be there", 30.0)
    family = children_of(process.pid)
    os.kill(process.pid, number)
    assert process.wait(timeout=30) == code
    block_until(lambda: not any(map(is_alive, family)), "the whole fleet to be gone")
    said = (tmp_path / "output").read_text()
    assert ("stopped before the end; no figures were written" in said) == (code == 130)
    assert "Traceback" not in said
