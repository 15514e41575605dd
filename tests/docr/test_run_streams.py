"""`docr run` when stdout or stderr is full, closed, or half a terminal."""

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.docr.commands import DOCR, environment
from tests.docr.terminal import shown_on
from tests.documents import pdf


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """A folder with two documents, to run in."""
    for name in ("a.pdf", "b.pdf"):
        (tmp_path / name).write_bytes(pdf(1))
    return tmp_path


def shell(command: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Runs a line of bash, in which $DOCR is the command."""
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        # Empty: with buffers, whatever the machine of the tests has set.
        env=environment(folder, DOCR=str(DOCR), PYTHONUNBUFFERED=""),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def all_was_written(folder: Path) -> bool:
    return all((folder / f"ocr-output/{name}.txt").exists() for name in "ab")


@pytest.mark.parametrize("options", ["", "--json"])
def test_a_full_disk_under_stdout_is_told_once_and_costs_no_document(
    inbox: Path, options: str
) -> None:
    done = shell(f'"$DOCR" run a.pdf b.pdf {options} >/dev/full', inbox)
    assert done.returncode == 1
    told = [line for line in done.stderr.splitlines() if line.startswith("docr: ")]
    assert told == [
        "docr: stdout cannot be written (No space left on device); check the disk or program it "
        "goes to"
    ]
    assert len(done.stderr.splitlines()) == 4
    assert all_was_written(inbox)


@pytest.mark.parametrize("options", ["", "--json"])
def test_a_pipe_that_is_closed_is_no_news_and_costs_no_document(inbox: Path, options: str) -> None:
    done = shell(f'"$DOCR" run a.pdf b.pdf {options} | true; exit "${{PIPESTATUS[0]}}"', inbox)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 3
    assert all_was_written(inbox)


@pytest.mark.parametrize("streams", ["2>&-", ">&-", "<&- >&- 2>&-", "2>/dev/full"])
def test_closed_streams_and_a_full_stderr_cost_nothing(inbox: Path, streams: str) -> None:
    done = shell(f'"$DOCR" run a.pdf b.pdf {streams}', inbox)
    assert done.returncode == 0
    assert "Traceback" not in done.stdout + done.stderr
    assert all_was_written(inbox)


def test_wrong_usage_with_a_closed_stderr_is_quiet(inbox: Path) -> None:
    done = shell('"$DOCR" run gone.pdf 2>&-', inbox)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "")


def test_json_goes_to_its_file_though_stderr_is_a_terminal(inbox: Path) -> None:
    ours, theirs = pty.openpty()
    with (inbox / "lines").open("wb") as lines:
        process = subprocess.Popen(
            [str(DOCR), "run", "a.pdf", "b.pdf", "--json"],
            cwd=inbox,
            env=environment(inbox, TERM="xterm"),
            stdin=subprocess.DEVNULL,
            stdout=lines,
            stderr=theirs,
        )
    os.close(theirs)
    shown = shown_on(ours)
    assert process.wait(timeout=30) == 0
    assert b"pages/s" in shown
    assert b"job_id" not in shown
    lines_written = (inbox / "lines").read_text().splitlines()
    assert {json.loads(line)["filename"] for line in lines_written} == {"a.pdf", "b.pdf"}
