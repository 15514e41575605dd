"""`docr run` when it is stopped, killed, watched on a terminal, or run twice at once."""

import os
import pty
import signal
import subprocess
import time
from pathlib import Path

from tests.docr.commands import DOCR, docr, environment, leftovers, start_docr
from tests.docr.terminal import shown_on
from tests.documents import pdf
from tests.processes import children_of, is_alive
from tests.waiting import block_until


def _reading(folder: Path, **settings: str) -> tuple["subprocess.Popen[bytes]", set[int]]:
    """A run in the middle of a page, and all processes that belong to it."""
    (folder / "slow.pdf").write_bytes(pdf(5))
    process = start_docr(
        "run", "slow.pdf", "--nodes", "2", folder=folder, OCR_ECHO_DELAY_MS="600000"
    )
    # The broker, a renderer and two engines.
    block_until(lambda: len(children_of(process.pid)) >= 4, "all processes of the run", 30.0)
    return process, {process.pid, *children_of(process.pid)}


def test_ctrl_c_ends_everything_within_five_seconds(tmp_path: Path) -> None:
    process, family = _reading(tmp_path)
    began = time.monotonic()
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(timeout=10) == 130
    assert time.monotonic() - began < 5.0
    block_until(lambda: not any(map(is_alive, family)), "all processes of the run to be gone", 1.0)
    assert leftovers(tmp_path) == []
    said = (tmp_path / "output").read_text()
    assert "stopped; documents that were finished are in the output folder" in said
    assert "Traceback" not in said


def test_a_killed_run_takes_its_processes_along_and_the_next_one_cleans_up(tmp_path: Path) -> None:
    process, family = _reading(tmp_path)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=10)
    block_until(lambda: not any(map(is_alive, family)), "all processes of the run to be gone")
    assert leftovers(tmp_path) != []
    assert docr("run", "slow.pdf", "--pages", "1", folder=tmp_path).returncode == 0
    assert leftovers(tmp_path) == []


def test_two_runs_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf(3))
    other = start_docr("run", "a.pdf", "--out", "other", folder=tmp_path)
    mine = docr("run", "a.pdf", "--out", "mine", folder=tmp_path)
    assert mine.returncode == 0, mine.stderr
    assert other.wait(timeout=60) == 0
    # The echo engine hashes what it gets: both runs read the same pixels.
    assert (tmp_path / "mine/a.txt").read_text() == (tmp_path / "other/a.txt").read_text()


def test_a_terminal_shows_a_progress_bar(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf(3))
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [str(DOCR), "run", "a.pdf"],
        cwd=tmp_path,
        env=environment(tmp_path, TERM="xterm", COLUMNS="120", OCR_ECHO_DELAY_MS="300"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    shown = shown_on(ours)
    assert process.wait(timeout=30) == 0
    assert b"pages/s" in shown
    assert b"3/3" in shown or b"2/3" in shown
