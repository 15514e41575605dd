"""What the operator and a client of the gateway see of a deployed system."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.deploy.hosts.site import TestSite


def show(text: str) -> None:
    """For who runs this with -s."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def said(done: "subprocess.CompletedProcess[str]", code: int) -> str:
    """Its output, which is shown too."""
    show(done.stdout)
    assert done.returncode == code, done.stdout[-3000:]
    return done.stdout


def client_of(site: TestSite) -> list[str]:
    """`docr` on the operator's machine."""
    return site.as_operator(str(Path(sys.executable).with_name("docr")))


def environment_of(site: TestSite) -> dict[str, str]:
    """Of a client of the gateway, which the first host has."""
    key = (site.folder / "credentials/api-keys/admin").read_text().strip()
    first = next(iter(site.hosts.values()))
    return {**os.environ, "OCR_URL": f"http://{first.address}:8000", "OCR_API_KEY": key}


def asked(site: TestSite, *arguments: str) -> list[Any]:
    """What the gateway answers, nothing if it does not answer now."""
    done = subprocess.run(
        [*client_of(site), *arguments, "--json"],
        env=environment_of(site),
        capture_output=True,
        text=True,
        check=False,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def submitting(site: TestSite, document: Path) -> "subprocess.Popen[str]":
    """A client that waits for the document's job; outputs go to the folder `out`."""
    return subprocess.Popen(
        [*client_of(site), "submit", "--wait", "--mode", "ocr", "--out", "out", str(document)],
        cwd=site.folder,
        env=environment_of(site),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def pages_done(site: TestSite, document: Path) -> int:
    """Of the job of that document."""
    jobs = asked(site, "jobs")
    return sum(each["pages_done"] for each in jobs if each["filename"] == document.name)


def each_page_is_there_once(site: TestSite, document: Path, pages: int) -> None:
    """In the outputs of its job, well read."""
    result = json.loads((site.folder / "out" / f"{document.stem}.json").read_text())
    assert [each["page_number"] for each in result["results"]] == list(range(1, pages + 1))
    assert result["metrics"]["pages_failed"] == 0


def healthy_nodes(site: TestSite) -> int:
    """As the fleet tells it."""
    return sum(each["status"] == "healthy" for each in asked(site, "nodes"))
