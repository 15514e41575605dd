"""A process that is spawned before its child is told what to be."""

import os
from pathlib import Path

import pytest

from contracts.errors import ChildCrashed
from guard.environment import of_locked_child
from guard.guarded_child import GuardedChild
from guard.locks import Locks
from guard.spawning import Spawned, spawn
from tests.processes import children_of, is_alive

ROOT = Path(__file__).parents[2]
TARGET = "tests.guard.children:serve"


@pytest.fixture
def spare(monkeypatch: pytest.MonkeyPatch) -> Spawned:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return spawned()


def spawned(*ahead: str) -> Spawned:
    return spawn(TARGET, environment=of_locked_child(os.environ), ahead=ahead)


def with_spare(spare: Spawned) -> GuardedChild:
    return GuardedChild(
        target=TARGET,
        settings={},
        what="the worker",
        memory_limit_bytes=300 * 2**20,
        start_timeout_s=30.0,
        locks=Locks(readable=(ROOT,)),
        spare=spare,
    )


async def test_a_child_begins_as_the_spare_and_is_another_process_after_that(
    spare: Spawned,
) -> None:
    child = with_spare(spare)
    try:
        assert (await child.call({"do": "echo"}, timeout_s=30))["pid"] == spare.process.pid
        with pytest.raises(ChildCrashed, match="SIGSEGV"):
            await child.call({"do": "die"}, timeout_s=30)
        assert (await child.call({"do": "echo"}, timeout_s=30))["pid"] != spare.process.pid
    finally:
        await child.stop()


async def test_a_spare_that_has_died_is_done_without(spare: Spawned) -> None:
    spare.process.kill()
    spare.process.wait()
    child = with_spare(spare)
    try:
        assert (await child.call({"do": "echo"}, timeout_s=30))["pid"] != spare.process.pid
    finally:
        await child.stop()


async def test_a_spare_ends_with_a_child_that_never_started(spare: Spawned) -> None:
    await with_spare(spare).stop()
    assert not is_alive(spare.process.pid)
    assert spare.process.pid not in children_of(os.getpid())
    assert spare.calls.fileno() == spare.complaints.fileno() == -1


async def test_numpy_is_imported_ahead_and_starts_no_thread_before_the_lock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "4")
    child = with_spare(spawned("numpy", "no_such_module"))
    try:
        assert (await child.call({"do": "loaded", "module": "numpy"}, timeout_s=30))["is"]
        assert not any(each.startswith("threads") for each in child.not_locked)
    finally:
        await child.stop()


async def test_a_thread_that_is_older_than_the_lock_is_told_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "starts_a_thread.py").write_text(
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=[60], daemon=True).start()"
    )
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{tmp_path}")
    child = with_spare(spawned("starts_a_thread"))
    try:
        await child.start()
        assert "threads: 1 started before the lock" in child.not_locked
    finally:
        await child.stop()
