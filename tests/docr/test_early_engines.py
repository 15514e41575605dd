"""Engines' processes that begin before `docr run` has imported what it needs."""

import signal
from pathlib import Path

import pytest

from docr import early_engines, machine
from tests.docr.commands import docr, start_docr
from tests.processes import children_of, is_alive
from tests.waiting import block_until


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        (["a.pdf"], {}, 4),
        (["a.pdf", "--nodes", "2"], {}, 2),
        (["a.pdf", "--nodes=2"], {}, 2),
        (["a.pdf", "--nodes", "64"], {}, 4),
        (["a.pdf", "--nodes=1", "--nodes", "3"], {}, 3),
        (["a.pdf"], {"MAX_CPU_CORES": "3"}, 3),
        (["a.pdf", "--engine", "onnxruntime"], {"OCR_ENGINE": "echo"}, 4),
        # It will be known later what these need.
        ([], {}, 0),
        (["--help"], {}, 0),
        (["a.pdf", "--nodes"], {}, 0),
        (["a.pdf", "--nodes", "two"], {}, 0),
        (["a.pdf", "--engine", "paddle"], {}, 0),
        (["a.pdf"], {"OCR_ENGINE": "echo"}, 0),
        (["a.pdf"], {"MAX_RAM_GB": "2"}, 0),
    ],
)
def test_as_many_begin_as_the_command_line_is_sure_to_need(
    arguments: list[str],
    environment: dict[str, str],
    expected: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(machine, "cores", lambda: 4)
    monkeypatch.setattr(machine, "memory_bytes", lambda: 64 * 2**30)
    assert early_engines.how_many(arguments, environment) == expected


def test_one_that_waits_ends_with_the_command_whatever_ends_that(tmp_path: Path) -> None:
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules/typer.py").write_text("import signal\nsignal.pause()\n")
    process = start_docr(
        "run", "x", folder=tmp_path,
        OCR_ENGINE="onnxruntime", PYTHONPATH=str(tmp_path / "modules"),
    )  # fmt: skip
    block_until(lambda: bool(_engines_of(process.pid)), "an engine's process")
    (engine,) = _engines_of(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=10)
    block_until(lambda: not is_alive(engine), "the engine's process to be gone")


def test_none_is_left_of_a_command_that_is_not_understood(tmp_path: Path) -> None:
    done = docr("run", "x", "--no-such-option", folder=tmp_path, OCR_ENGINE="onnxruntime")
    assert done.returncode == 2
    assert "No such option" in done.stderr
    assert not _with_in_environment(str(tmp_path))


def _engines_of(pid: int) -> list[int]:
    """Those that have become what they were started as."""
    return [
        each
        for each in children_of(pid)
        if b"ocr_node.engine_child" in Path(f"/proc/{each}/cmdline").read_bytes()
    ]


def _with_in_environment(text: str) -> list[str]:
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            if text.encode() in (each / "environ").read_bytes():
                found.append((each / "cmdline").read_text())
        except OSError:  # ended meanwhile
            continue
    return found
