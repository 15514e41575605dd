"""The official JavaScript client at our doors. Its packages come from a registry, pinned by
package-lock.json; where there is no node, or no registry, the test is skipped."""

import asyncio
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from tests.documents import pdf
from tests.running_services import Start, begun

HERE: Final = Path(__file__).parent
NODE: Final = shutil.which("node")
NPM: Final = shutil.which("npm")
_INSTALL_S: Final = 60


@pytest.fixture
def client(tmp_path: Path) -> Path:
    """The script, in a folder with the packages that it needs."""
    if NODE is None or NPM is None:
        pytest.skip("no node or npm here: install Node.js 18 or later to test with its client")
    folder = tmp_path / "js"
    folder.mkdir()
    for name in ("package.json", "package-lock.json", "doors.mjs"):
        shutil.copy(HERE / name, folder)
    try:
        subprocess.run(
            [NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"],
            cwd=folder,
            check=True,
            capture_output=True,
            timeout=_INSTALL_S,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as failed:
        pytest.skip(f"the packages of the JavaScript client cannot be installed here: {failed}")
    return folder / "doors.mjs"


async def test_the_javascript_client_comes_through_every_door(
    client: Path, tmp_path: Path, broker_url: str, start: Start
) -> None:
    document = tmp_path / "scan.pdf"
    document.write_bytes(pdf(2))
    await begun(*(start(service) for service in ("ingest", "node", "aggregator")))
    process = await asyncio.create_subprocess_exec(
        str(NODE), str(client), broker_url, str(document), stdout=asyncio.subprocess.PIPE
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), 60)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0
    told: dict[str, Any] = json.loads(output)

    endings = told["endings"]
    assert set(endings) == {"by-bucket", "by-stream", "by-service", "wrong"}
    bucket = endings["by-bucket"]
    assert (bucket["status"], bucket["pages_processed"]) == ("success", 1)
    assert bucket["filename"] == "scan.pdf"
    assert endings["by-stream"]["pages_processed"] == 2
    assert endings["wrong"]["status"] == "failed"
    assert endings["wrong"]["errors"][0].startswith("header Ocr-Language: ")

    assert told["ack"]["stream"] == "SUBMIT"
    assert told["late"] == endings["by-stream"]
    assert told["accepted"] == {"job_id": "by-service", "state": "queued", "known": False}
    assert told["state"]["state"] == "success"
    assert {each["job_id"] for each in told["listed"]["jobs"]} == set(endings)
    assert told["refused"]["code"] == "404"
    assert "there is no job nobody" in told["refused"]["error"]
    (ping,), (info,), (stats,) = told["pings"], told["infos"], told["stats"]
    assert ping["name"] == info["name"] == stats["name"] == "ocr-jobs"
    assert {each["subject"] for each in info["endpoints"]} >= {"ocr.jobs.submit", "ocr.jobs.get"}
