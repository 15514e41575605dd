"""The scripts of deploy/ as they stand, against a running system."""

import json
import os
import re
import subprocess
from pathlib import Path

from tests.deploy.nats_command import path_with_nats
from tests.gateway.conftest import Open, System
from tests.waiting import block_until

DEPLOY = Path(__file__).parents[2] / "deploy"
KEY = "a-key-of-sixteen-or-more"


def run(
    script: str, *arguments: str, folder: Path, **settings: str
) -> "subprocess.CompletedProcess[str]":
    """A script of deploy/, to its end; what it keeps goes to `folder`."""
    return subprocess.run(
        [str(DEPLOY / script), *arguments],
        cwd=folder,
        env={**os.environ, "TMPDIR": str(folder), **settings},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def kept(done: "subprocess.CompletedProcess[str]") -> Path:
    """The folder that the last line names."""
    return Path(done.stdout.strip().splitlines()[-1].removeprefix("# Answers are in "))


def test_every_example_of_curl_works(system: System, gateway: Open, tmp_path: Path) -> None:
    address = system.address_of(gateway(OCR_API_KEYS=f"operator:{KEY},admin:{KEY}-of-admin"))
    done = run("curl_examples.sh", folder=tmp_path, GATEWAY=address, OCR_API_KEY=f"{KEY}-of-admin")
    assert (done.returncode, done.stderr) == (0, "")
    answers = kept(done)
    result = json.loads((answers / "report.json").read_text())
    assert (result["metrics"]["status"], result["metrics"]["total_pages"]) == ("success", 2)
    assert (answers / "report.pdf").read_bytes().startswith(b"%PDF")
    assert "<alto" in (answers / "report.alto.xml").read_text()
    text = (answers / "report.txt").read_bytes()
    assert (answers / "beginning.txt").read_bytes() == text[:100]
    assert json.loads((answers / "image.json").read_text())["metrics"]["total_pages"] == 1
    for shown in ("event: summary", '"healthy_workers"', 'docr_queue_messages{queue="pages"}'):
        assert shown in done.stdout
    # Without a key it says so, and ends.
    refused = run("curl_examples.sh", folder=tmp_path, GATEWAY=address, OCR_API_KEY="")
    assert (refused.returncode, "401" in refused.stderr) == (22, True)


def test_every_example_of_the_nats_cli_works(system: System, address: str, tmp_path: Path) -> None:
    path = path_with_nats(tmp_path)
    done = run("nats_examples.sh", folder=tmp_path, NATS_URL=system.broker.url, PATH=path)
    assert (done.returncode, done.stderr) == (0, "")
    answers = kept(done)
    assert "<alto" in (answers / "report.alto.xml").read_text()
    endings = [json.loads(line) for line in (answers / "endings.jsonl").read_text().splitlines()]
    ours = {each["job_id"]: each["status"] for each in endings if "example-" in each["job_id"]}
    # On a busy machine the first may have ended before the subscription began.
    assert set(ours.values()) == {"success"}
    assert '"event":"finished"' in (answers / "events.txt").read_text().replace(" ", "")
    for shown in (
        "Stored in Stream: SUBMIT",
        '"deleted": true',
        "ocr-outputs",
        "ocr.jobs.submit",
        "bulk_latin",
    ):
        assert shown in done.stdout


def test_the_monitor_tells_what_is_well_and_what_is_wrong(
    system: System, address: str, gateway: Open, tmp_path: Path
) -> None:
    done = run("monitor.sh", "--once", folder=tmp_path, GATEWAY=address)
    lines = done.stdout.splitlines()
    assert lines[0].startswith(address)
    assert re.search(r"^nodes +1 of 1 healthy$", done.stdout, re.MULTILINE), done.stdout
    assert re.search(r"^pages +\d+ in the queue, \d+ of them in hand", done.stdout, re.MULTILINE)
    assert (done.returncode, done.stderr, lines[-1]) == (0, "", "all is well")

    locked = system.address_of(gateway(OCR_API_KEYS=f"operator:{KEY}"))
    without = run("monitor.sh", "--once", folder=tmp_path, GATEWAY=locked)
    assert (without.returncode, "set OCR_API_KEY" in without.stdout) == (1, True)
    with_key = run("monitor.sh", "--once", folder=tmp_path, GATEWAY=locked, OCR_API_KEY=KEY)
    assert with_key.returncode == 0
    away = run("monitor.sh", "--once", folder=tmp_path, GATEWAY="http://127.0.0.1:9")
    assert (away.returncode, "see that docr gateway runs" in away.stdout) == (1, True)


def test_the_monitor_goes_on_until_it_is_stopped(address: str, tmp_path: Path) -> None:
    with (tmp_path / "shown").open("w") as shown:
        process = subprocess.Popen(
            [str(DEPLOY / "monitor.sh"), "0.1"],
            env={**os.environ, "GATEWAY": address},
            stdout=shown,
            stderr=subprocess.STDOUT,
        )
    try:
        block_until(
            lambda: (tmp_path / "shown").read_text().count("all is well") >= 2, "two looks", 30.0
        )
    finally:
        process.terminate()
        process.wait()
