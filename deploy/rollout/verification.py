"""What is tried out at the end: `docr doctor` on each host, and one real page through all of it."""

import json
import tempfile
import time
from pathlib import Path
from shutil import copy
from typing import Final

from deploy.rollout.account import Account
from deploy.rollout.credentials import Credentials
from deploy.rollout.host_file import ETC
from deploy.rollout.inventory import Host, Inventory
from deploy.rollout.release import ROOT
from deploy.rollout.site import Site
from deploy.rollout.step import Step, Worker
from deploy.rollout.wrong import StepFailed

_SAMPLE: Final = ROOT / "samples" / "photo-note.png"
# What only a host with engines must have.
_OF_NODES: Final = ("engines", "engine", "models")
_OF_BROKERS: Final = ("copies",)
_SHOWN: Final = 40
_GATEWAY_PORT: Final = "8000"


def verify(site: Site, inventory: Inventory, credentials: Credentials, account: Account) -> None:
    """Failures are told and kept in the account. Raises: Halted."""
    seed = credentials.seed("operator")
    site.each(lambda worker: _doctor(worker, seed, account), site.workers)
    through = [each for each in site.workers if "gateway" in each.host.roles]
    through = through or [each for each in site.workers if "ingest" in each.host.roles]
    if through:
        client = _client(inventory, through[0].host, credentials)
        site.each(lambda worker: _page(worker, seed, client, account), through[:1])


def make_streams(worker: Worker, credentials: Credentials, account: Account) -> None:
    """What services that may not do it find missing, and refuse to start without."""
    step = Step(
        name="streams",
        script="verify.sh",
        variables={"ROLES": " ".join(worker.host.roles), "WHAT": "setup"},
        files={"seed": credentials.seed("operator")},
        remedy="the broker runs, and its operator could not make the streams: see "
        "'journalctl -u docr-broker' on this host",
    )
    began = time.monotonic()
    worker.make(step)
    took_s = time.monotonic() - began
    account.line(worker.host.name, "streams", f"are as the settings say, after {took_s:.1f} s")


def _doctor(worker: Worker, seed: str, account: Account) -> None:
    began = time.monotonic()
    step = Step(
        name="doctor",
        script="verify.sh",
        variables={"ROLES": " ".join(worker.host.roles), "WHAT": "doctor"},
        files={"seed": seed},
        remedy=f"run it by hand on this host: {_by_hand(worker.host)}",
    )
    findings = json.loads(worker.make(step).strip().splitlines()[-1])["findings"]
    ignored: tuple[str, ...] = () if "node" in worker.host.roles else _OF_NODES
    if "broker" not in worker.host.roles:
        # A broker that is away is no fault of this host's; its own host fails by it.
        ignored += _OF_BROKERS
        for each in findings:
            if each["verdict"] == "problem" and each["about"] in _OF_BROKERS:
                account.line(worker.host.name, "doctor", f"tells of the brokers: {each['text']}")
    problems = [
        f"{each['about']}: {each['text']}"
        for each in findings
        if each["verdict"] == "problem" and each["about"] not in ignored
    ]
    if problems:
        raise StepFailed(
            host=worker.host.name,
            step="doctor",
            lines=problems,
            remedy="each line says what to do; then run deploy.sh again",
        )
    took_s = time.monotonic() - began
    account.line(worker.host.name, "doctor", f"finds nothing wrong, after {took_s:.1f} s")


def _by_hand(host: Host) -> str:
    """The command, with the settings of a service of that host."""
    names = ["docr", *(role for role in host.roles if role != "broker")][:2]
    settings = " ".join(f". {ETC}/{name}.env;" for name in names)
    return f"sudo -u docr sh -c 'set -a; {settings} /opt/distributed-ocr/bin/docr doctor'"


def _client(inventory: Inventory, host: Host, credentials: Credentials) -> str:
    """Environment of a client: through the gateway if there is one, else through the broker."""
    if "gateway" not in host.roles:
        return ""
    environment = inventory.environment_of(host, "gateway")
    address = environment.get("COORDINATOR_HOST", host.address)
    address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104
    address = f"[{address}]" if ":" in address else address
    scheme = "https" if environment.get("TLS_CERT_FILE") else "http"
    port = environment.get("COORDINATOR_PORT", _GATEWAY_PORT)
    key = credentials.api_key(inventory.api_keys[0])
    return f"OCR_URL='{scheme}://{address}:{port}'\nOCR_API_KEY='{key}'\n"


def _page(worker: Worker, seed: str, client: str, account: Account) -> None:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="docr-deploy-") as folder:
        copy(_SAMPLE, Path(folder))
        step = Step(
            name="a page",
            script="verify.sh",
            variables={"ROLES": " ".join(worker.host.roles), "WHAT": "page"},
            folders={"sample": Path(folder)},
            files={"seed": seed, "client": client},
            remedy="services run, but a page did not come back: 'docr doctor' and 'journalctl -u "
            "docr-*' on the hosts say more (docs/operations.md, When something is wrong)",
        )
        text = " ".join(worker.make(step).rpartition("read:")[2].split())
        if not text:
            raise StepFailed(
                host=worker.host.name,
                step=step.name,
                lines=[f"the job of {_SAMPLE.name} ended well, and its text is empty"],
                remedy=step.remedy,
            )
    took_s = time.monotonic() - began
    account.line(worker.host.name, "a page", f"was read in {took_s:.1f} s: {text[:_SHOWN]} ...")
