"""`docr up`: the whole system on one machine."""

import shutil
import signal
import socket
import subprocess
from pathlib import Path

import httpx
import pytest

from docr.client import Client
from tests.docr.commands import docr, start_docr
from tests.documents import pdf
from tests.running_services import free_port
from tests.waiting import block_until


def up(folder: Path, port: int, nats_port: int, **settings: str) -> "subprocess.Popen[bytes]":
    """Starts it; returns once it answers."""
    process = start_docr(
        *("up", "--port", str(port), "--nats-port", str(nats_port), "--nodes", "1"),
        *("--data-dir", "data"),
        folder=folder,
        STORE_GB="1",
        WORKER_PORT="0",
        **settings,
    )

    def answers() -> bool:
        assert process.poll() is None, (folder / "output").read_text()
        try:
            return httpx.get(f"http://127.0.0.1:{port}/ready").status_code == 200
        except httpx.TransportError:
            return False

    block_until(answers, "the system to answer", 40.0)
    return process


def test_what_is_unfinished_when_it_is_killed_goes_on_at_the_next_start(tmp_path: Path) -> None:
    port, nats_port = free_port(), free_port()
    first = up(tmp_path, port, nats_port, OCR_ECHO_DELAY_MS="600000")
    try:
        with Client(f"nats://127.0.0.1:{nats_port}") as client:
            job_id = client.submit(pdf(2), filename="long.pdf", dpi=72).id
        # A second one in the same folder would destroy what the first one keeps.
        second = docr(
            *("up", "--port", str(free_port()), "--nats-port", str(free_port())),
            *("--data-dir", str(tmp_path / "data")),
            folder=tmp_path,
        )
        assert (second.returncode, second.stderr.count("\n")) == (2, 1)
        assert "another 'docr up' uses" in second.stderr
    finally:
        first.kill()
        first.wait()
    again = up(tmp_path, port, nats_port, PAGE_LEASE_SECONDS="1")
    try:
        with Client(f"http://127.0.0.1:{port}") as client:
            result = client.job(job_id).result(timeout=60)
        assert (result.metrics.status, result.metrics.pages_processed) == ("success", 2)
    finally:
        again.send_signal(signal.SIGINT)
        assert again.wait(20) == 0
    assert "Traceback" not in (tmp_path / "output").read_text()


def test_a_copy_of_the_store_brings_back_ended_and_unfinished_jobs(tmp_path: Path) -> None:
    port, nats_port = free_port(), free_port()
    # The third page is not read by anybody: its job is unfinished when the store is copied.
    first = up(tmp_path, port, nats_port, OCR_ECHO_FAULTS="hang:3", STOP_GRACE_SECONDS="0")
    try:
        with Client(f"http://127.0.0.1:{port}") as client:
            ended = client.submit(pdf(1), filename="ended.pdf", dpi=72)
            assert ended.result(timeout=60).metrics.status == "success"
            unfinished = client.submit(pdf(3), filename="unfinished.pdf", dpi=72).id
            block_until(
                lambda: client.job(unfinished).state().pages_done == 2, "two pages to be read"
            )
    finally:
        first.send_signal(signal.SIGINT)
        assert first.wait(40) == 0
    (tmp_path / "data").rename(tmp_path / "backup")
    shutil.copytree(tmp_path / "backup", tmp_path / "data")
    again = up(tmp_path, port, nats_port, PAGE_LEASE_SECONDS="1")
    try:
        with Client(f"http://127.0.0.1:{port}") as client:
            assert client.job(ended.id).result(timeout=60).metrics.pages_processed == 1
            result = client.job(unfinished).result(timeout=60)
        assert (result.metrics.status, result.metrics.pages_processed) == ("success", 3)
    finally:
        again.send_signal(signal.SIGINT)
        assert again.wait(40) == 0


@pytest.mark.parametrize("taken", ["--port", "--nats-port"])
def test_a_port_that_is_taken_is_named(tmp_path: Path, taken: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        ports = {"--port": str(free_port()), "--nats-port": str(free_port())}
        ports[taken] = str(other.getsockname()[1])
        arguments = [word for pair in ports.items() for word in pair]
        done = docr("up", *arguments, "--data-dir", "data", folder=tmp_path, STORE_GB="1")
    assert done.returncode in {1, 2}
    last = done.stderr.splitlines()[-1]
    assert ports[taken] in last
    assert "cannot listen on" in last
    assert "Traceback" not in done.stderr
