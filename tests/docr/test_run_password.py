"""`docr run --password`: no process shows it, and no file has it."""

import json
import os
import signal
from pathlib import Path

import pytest

from contracts.errors import InvalidOption
from docr.password_option import password_given
from docr.run_command import prepare_run
from tests.docr.commands import docr, start_docr
from tests.documents import encrypted_pdf
from tests.processes import children_of
from tests.waiting import block_until

SECRET = "Zx-geheim-4711"  # noqa: S105


def _shown(pid: int) -> bytes:
    """What the list of processes shows of one: its arguments and its environment."""
    shown = b""
    for name in ("cmdline", "environ"):
        try:
            shown += Path(f"/proc/{pid}/{name}").read_bytes()
        except OSError:  # it has ended
            continue
    return shown


def _family(pid: int) -> set[int]:
    return {pid}.union(*(_family(each) for each in children_of(pid)))


def test_a_password_is_in_no_list_of_processes(tmp_path: Path) -> None:
    (tmp_path / "locked.pdf").write_bytes(encrypted_pdf(SECRET.encode()))
    process = start_docr(
        *("run", "locked.pdf", "--password", SECRET),
        folder=tmp_path,
        OCR_ECHO_DELAY_MS="600000",
        OCR_PASSWORD=SECRET,
    )
    try:
        # The broker, the renderer and an engine: it is opened, and its page is being read.
        block_until(
            lambda: len(_family(process.pid)) >= 4 or process.poll() is not None, "a page", 60.0
        )
        shown = [_shown(pid) for pid in _family(process.pid)]
        assert len(shown) >= 4, (tmp_path / "output").read_text()
        assert not any(SECRET.encode() in each for each in shown)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
    assert SECRET not in (tmp_path / "output").read_text()


def test_a_password_of_the_environment_opens_the_documents_of_a_run(tmp_path: Path) -> None:
    (tmp_path / "locked.pdf").write_bytes(encrypted_pdf(SECRET.encode()))
    done = docr("run", "locked.pdf", folder=tmp_path, OCR_PASSWORD=SECRET)
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "ocr-output/locked.json").read_text())
    assert result["metrics"]["status"] == "success"
    assert SECRET not in done.stdout + done.stderr + json.dumps(result)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("mode", "auto, ocr, text"),
        ("quality", "fast, balanced, best"),
        ("running_heads", "keep, drop"),
    ],
)
def test_options_of_reading_are_checked_before_a_run_begins(option: str, words: str) -> None:
    known = {"paths": [], "out": Path("out"), "language": None, "dpi": None, "pages": None}
    more = {"nodes": 1, "engine": "echo", "as_json": False, "formats": None, option: "magic"}
    with pytest.raises(InvalidOption, match=words):
        prepare_run(**known, **more)  # type: ignore[arg-type]


def test_the_option_counts_before_the_environment_which_is_left_without_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OCR_PASSWORD", "of the environment")
    assert password_given("of the option") == "of the option"
    assert "OCR_PASSWORD" not in os.environ
    assert password_given(None) is None
    monkeypatch.setenv("OCR_PASSWORD", "of the environment")
    assert password_given(None) == "of the environment"
