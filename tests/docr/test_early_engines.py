"""Engines' processes that begin before `docr run` has imported what it needs."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from docr import early_engines, machine
from docr.capacity import capacity
from docr.engines import engines, loading
from docr.settings import load_settings
from tests.docr.commands import docr, start_docr
from tests.documents import encoded, picture
from tests.processes import children_of, is_alive
from tests.waiting import block_until

ROOT = Path(__file__).parents[2]


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
        (["a.pdf"], {"max_cpu_cores": "3", "OCR_ENGINE": "", "MAX_RAM_GB": ""}, 3),
        # It will be known later what these need.
        ([], {}, 0),
        (["a.pdf", "--help"], {}, 0),
        (["no such file"], {}, 0),
        (["a.pdf", "--nodes"], {}, 0),
        (["a.pdf", "--nodes", "two"], {}, 0),
        (["a.pdf", "--engine", "paddle"], {}, 0),
        (["a.pdf"], {"ocr_engine": "echo"}, 0),
        (["a.pdf"], {"MAX_RAM_GB": "2"}, 0),
        (["a.pdf"], {"SECRETS_DIR": "secrets"}, 0),
    ],
)
def test_as_many_begin_as_the_command_line_is_sure_to_need(
    arguments: list[str],
    environment: dict[str, str],
    expected: int,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    (tmp_path / "a.pdf").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(machine, "cores", lambda: 4)
    monkeypatch.setattr(machine, "memory_bytes", lambda: 64 * 2**30)
    assert early_engines.how_many(arguments, environment) == expected


@pytest.fixture
def two_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The numbers of two processes that wait."""
    (tmp_path / "a.pdf").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("OCR_ENGINE", "onnxruntime")
    monkeypatch.setattr(early_engines, "how_many", lambda *_: 2)
    early_engines.begin(["a.pdf"])
    yield [each.process.pid for each in early_engines._waiting]
    early_engines.end()


async def test_engines_become_of_those_that_wait_and_the_others_are_ended(
    two_early: list[int], tmp_path: Path
) -> None:
    settings = load_settings(ocr_engine="echo", ocr_cache_dir=tmp_path)
    made = engines(settings, capacity(settings, nodes=1))
    early_engines.end()
    assert [is_alive(each) for each in two_early] == [False, True]
    async with loading(made):
        (reader,) = made.readers.values()
        await reader.start()
        assert reader.ready
        assert children_of(os.getpid()) >= {two_early[1]}
    assert not children_of(os.getpid()) & set(two_early)


async def test_engines_that_never_load_leave_none_that_waits(
    two_early: list[int], tmp_path: Path
) -> None:
    settings = load_settings(ocr_engine="echo", ocr_cache_dir=tmp_path)
    with pytest.raises(OSError, match="wrong"):
        async with loading(engines(settings, capacity(settings, nodes=2))):
            raise OSError("wrong")
    assert not children_of(os.getpid()) & set(two_early)


def test_a_number_that_nobody_can_read_is_left_to_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").touch()
    done = docr("run", "a.pdf", "--nodes", "9" * 5000, folder=tmp_path, OCR_ENGINE="onnxruntime")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert early_engines.taken() is None


# It is imported when engines' processes have begun.
_TYPER: Final = """
import pathlib, sys, time
begun = pathlib.Path("/proc/self/task/%d/children" % __import__("os").getpid()).read_text()
pathlib.Path("begun").write_text(begun)
if pathlib.Path("wait").exists():
    time.sleep(600)
sys.path.remove(str(pathlib.Path(__file__).parent))
del sys.modules["typer"]
import typer
"""


def _with_typer(folder: Path) -> str:
    (folder / "modules").mkdir()
    (folder / "modules/typer.py").write_text(_TYPER)
    return f"{folder / 'modules'}{os.pathsep}{ROOT}"


def _begun(folder: Path) -> list[int]:
    file = folder / "begun"
    return [int(each) for each in file.read_text().split()] if file.exists() else []


def test_the_engine_of_a_run_began_before_its_command_line_was_read(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(picture("early")))
    process = start_docr(
        "run", "a.png", folder=tmp_path, OCR_ENGINE="onnxruntime", PYTHONPATH=_with_typer(tmp_path)
    )
    engines_seen: set[int] = set()

    def has_ended() -> bool:
        engines_seen.update(_engines_of(process.pid))
        return process.poll() is not None

    block_until(has_ended, "the run to end", 60.0)
    assert process.returncode == 0, (tmp_path / "output").read_text()
    assert engines_seen == set(_begun(tmp_path))
    assert len(engines_seen) == 1


def test_one_that_waits_ends_with_the_command_whatever_ends_that(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    (tmp_path / "wait").touch()
    process = start_docr(
        "run", "a.png", folder=tmp_path, OCR_ENGINE="onnxruntime", PYTHONPATH=_with_typer(tmp_path)
    )
    block_until(lambda: bool(_begun(tmp_path)), "an engine's process")
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=10)
    (engine,) = _begun(tmp_path)
    block_until(lambda: not is_alive(engine), "the engine's process to be gone")


def test_none_is_left_of_a_command_that_is_not_understood(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    done = docr(
        "run", "a.png", "--no-such-option", folder=tmp_path,
        OCR_ENGINE="onnxruntime", PYTHONPATH=_with_typer(tmp_path),
    )  # fmt: skip
    assert done.returncode == 2
    assert "No such option" in done.stderr
    (engine,) = _begun(tmp_path)
    assert not is_alive(engine)


def _engines_of(pid: int) -> set[int]:
    """Those that have become what they were started as."""
    found = set()
    for each in children_of(pid):
        with contextlib.suppress(OSError):  # ended meanwhile
            if b"ocr_node.engine_child" in Path(f"/proc/{each}/cmdline").read_bytes():
                found.add(each)
    return found
