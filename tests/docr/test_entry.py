"""The first moments of a command, and signals that are ignored."""

import os
import signal
import subprocess
from pathlib import Path

from tests.docr.commands import DOCR, docr, environment, start_docr
from tests.documents import pdf
from tests.waiting import block_until


def test_ctrl_c_while_modules_are_imported_is_quiet(tmp_path: Path) -> None:
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules/typer.py").write_text(
        "import pathlib, signal\npathlib.Path('importing').touch()\nsignal.pause()\n"
    )
    process = start_docr("run", "x", folder=tmp_path, PYTHONPATH=str(tmp_path / "modules"))
    block_until((tmp_path / "importing").exists, "the import of typer")
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == -signal.SIGINT
    assert (tmp_path / "output").read_bytes() == b""


def test_signals_that_are_ignored_stay_so(tmp_path: Path) -> None:
    (tmp_path / "slow.pdf").write_bytes(pdf(1))
    # As `nohup docr run ... &` in a script.
    process = subprocess.Popen(
        ["bash", "-c", 'trap "" HUP INT; exec "$0" run slow.pdf', str(DOCR)],
        cwd=tmp_path,
        env=environment(tmp_path, OCR_ECHO_DELAY_MS="500"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=(log := (tmp_path / "log").open("wb")),
    )
    log.close()
    block_until(lambda: b"reading" in (tmp_path / "log").read_bytes(), "the run to begin", 30.0)
    os.kill(process.pid, signal.SIGHUP)
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(timeout=60) == 0
    assert (tmp_path / "ocr-output/slow.txt").exists()


def test_an_error_before_the_settings_are_known_is_a_sentence_on_stderr(tmp_path: Path) -> None:
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules/pydantic_settings.py").write_text("raise RuntimeError('broken install')\n")
    done = docr("run", "x", folder=tmp_path, PYTHONPATH=str(tmp_path / "modules"))
    assert done.returncode == 1
    assert done.stdout == ""
    assert "unforeseen: RuntimeError: broken install; please report it" in done.stderr
    assert len(done.stderr.splitlines()) == 1
