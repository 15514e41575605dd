"""A child process for risky work, and all that can happen to it."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import (
    ChildCrashed,
    ChildOutOfMemory,
    ChildRaised,
    ChildTimedOut,
    EngineUnavailable,
    PageUnreadable,
)
from guard import frames, guarded_child
from guard.guarded_child import GuardedChild
from tests.processes import children_of, is_alive
from tests.waiting import block_until, wait_until

ROOT = Path(__file__).parents[2]


def guarded(**settings: object) -> GuardedChild:
    return GuardedChild(
        target="tests.guard.children:serve",
        settings=settings,
        what="the worker",
        memory_limit_bytes=300 * 2**20,
        start_timeout_s=30.0,
    )


@pytest.fixture
async def child(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[GuardedChild]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    one = guarded()
    yield one
    await one.stop()


async def test_a_child_answers_and_stays(child: GuardedChild) -> None:
    first = await child.call({"do": "echo"}, timeout_s=30)
    assert first["pid"] == child.pid
    assert (await child.call({"do": "echo"}, timeout_s=30))["pid"] == child.pid
    assert child.peak_bytes >= child.resident_bytes()
    assert child.resident_bytes() > 0


async def test_large_messages_travel_both_ways(child: GuardedChild) -> None:
    data = os.urandom(20 * 2**20)
    assert (await child.call({"do": "echo", "data": data}, timeout_s=30))["data"] == data


async def test_large_messages_travel_where_no_memory_can_be_shared(
    child: GuardedChild, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "memfd_create")
    data = os.urandom(5 * 2**20)
    assert (await child.call({"do": "echo", "data": data}, timeout_s=30))["data"] == data


async def test_a_child_that_lies_about_shared_memory_does_not_harm_its_parent(
    child: GuardedChild,
) -> None:
    with pytest.raises(ChildCrashed, match="gave an answer that cannot be read"):
        await child.call({"do": "lie"}, timeout_s=30)
    assert child.pid is None
    assert "pid" in await child.call({"do": "echo"}, timeout_s=30)


async def test_memory_that_a_child_was_not_given_is_none_to_answer_by(
    child: GuardedChild, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "memfd_create")
    with pytest.raises(ChildCrashed, match="gave an answer that cannot be read"):
        await child.call({"do": "lie"}, timeout_s=30)


async def test_a_child_that_died_between_two_calls_is_a_child_that_crashed(
    child: GuardedChild,
) -> None:
    for _ in range(20):
        await child.start()
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        await asyncio.tasks.sleep(0.001)  # between its end and our hearing of it
        with contextlib.suppress(ChildCrashed):
            await child.call({"do": "echo"}, timeout_s=30)


async def test_a_child_that_closes_its_answers_and_lives_on_is_ended(child: GuardedChild) -> None:
    await child.start()
    old = child.pid
    with pytest.raises(ChildCrashed, match="ended with signal SIGKILL while working"):
        await child.call({"do": "fall silent"}, timeout_s=30)
    assert old is not None
    assert not is_alive(old)


async def test_a_child_has_nothing_open_of_its_parent(child: GuardedChild, tmp_path: Path) -> None:
    with (tmp_path / "secret").open("w") as secret:
        os.set_inheritable(secret.fileno(), True)
        await child.start()
        files = Path(f"/proc/{child.pid}/fd")
        targets = [str(each.readlink()) for each in files.iterdir()]
        assert not [each for each in targets if "secret" in each]
        assert [each for each in targets if "docr-blobs" in each]


async def test_who_watches_a_child_lets_go_of_it_before_the_next_one(child: GuardedChild) -> None:
    for _ in range(3):
        await child.start()
        await child.stop()
        await child.stop()
    watching = [task for task in asyncio.all_tasks() if "_look" in repr(task.get_coro())]
    assert len([task for task in watching if not task.cancelling()]) == 0


async def test_what_a_child_prints_does_not_disturb_its_answers(child: GuardedChild) -> None:
    assert await child.call({"do": "print"}, timeout_s=30) == {}
    assert "pid" in await child.call({"do": "echo"}, timeout_s=30)


async def test_our_errors_come_back_as_they_are(child: GuardedChild) -> None:
    with pytest.raises(PageUnreadable, match="page 1 is damaged; leave it out"):
        await child.call({"do": "page"}, timeout_s=30)


async def test_other_errors_come_back_in_one_line(child: GuardedChild) -> None:
    with pytest.raises(ChildRaised, match="the worker failed: ValueError: two lines"):
        await child.call({"do": "bug"}, timeout_s=30)


@pytest.mark.parametrize(
    ("do", "timeout_s", "expected", "words"),
    [
        ("die", 30, ChildCrashed, "the worker ended with signal SIGSEGV while working"),
        ("hang", 0.3, ChildTimedOut, "took more than 0.3 s"),
        ("eat", 30, ChildOutOfMemory, "needed more than 300 MB"),
    ],
)
async def test_a_child_that_fails_costs_one_call(
    child: GuardedChild, do: str, timeout_s: float, expected: type[Exception], words: str
) -> None:
    await child.start()
    old = child.pid
    with pytest.raises(expected, match=words):
        await child.call({"do": do}, timeout_s=timeout_s)
    assert old is not None
    assert not is_alive(old)
    assert (await child.call({"do": "echo"}, timeout_s=30))["pid"] not in {None, old}


async def test_a_child_that_answers_nonsense_does_not_harm_its_parent(
    child: GuardedChild, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "memfd_create")  # the answer travels in the pipe
    await child.start()
    monkeypatch.setattr(guarded_child, "_MOST_ANSWER_BYTES", 2**20)
    with pytest.raises(ChildCrashed, match="wanted to answer with 2 MB and was stopped"):
        await child.call({"do": "echo", "data": bytes(2 * 2**20)}, timeout_s=30)
    monkeypatch.setattr(frames, "unpack", partial(_unpack_something_else, frames.unpack))
    with pytest.raises(ChildCrashed, match="gave an answer that cannot be read"):
        await child.call({"do": "echo"}, timeout_s=30)
    assert child.pid is None


async def test_a_child_whose_socket_lies_unread_in_another_holds_nobody_up(
    child: GuardedChild,
) -> None:
    await child.call({"do": "leave its socket in its own socket"}, timeout_s=10)
    await wait_until(lambda: child.pid is None, "the child to end itself")
    async with asyncio.timeout(20):
        await child.stop()


async def test_a_child_is_ended_whatever_it_has_said_already(child: GuardedChild) -> None:
    await child.start()
    process = child._process
    assert process is not None
    process.answers.feed_data(bytes(3 * 2**20))  # more than is read ahead
    async with asyncio.timeout(10):
        await child.stop()
    assert process.returncode == -signal.SIGKILL


def _unpack_something_else(unpack: Callable[[bytes], dict[str, Any]], body: bytes) -> object:
    return unpack(body if b"not_locked" in body else b"\xc1" + body)


async def test_a_child_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    one = guarded(refuse=True)
    with pytest.raises(EngineUnavailable, match="nothing works here"):
        await one.start()
    assert one.pid is None


async def test_a_child_that_cannot_even_be_spawned_says_why(
    child: GuardedChild, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(ChildCrashed, match=r"the worker cannot be started \(No such file"):
        await child.start()


@pytest.mark.parametrize("turns", range(8))
async def test_a_child_that_is_stopped_while_it_starts_is_not_there(
    child: GuardedChild, turns: int
) -> None:
    before = children_of(os.getpid())  # of other tests
    start = asyncio.create_task(child.start())
    for _ in range(turns):
        await asyncio.tasks.sleep(0)
    await child.stop()
    if turns:  # else it had not begun
        with pytest.raises(ChildCrashed):
            await start
        assert child.pid is None
    await asyncio.wait({start})
    await child.stop()
    assert children_of(os.getpid()) <= before


def test_a_child_of_another_process_ends_at_once() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = (sys.executable, "-P", "-m", "guard.child", "tests.guard.children:serve", "1", "-")
    # Its parent lives, and what it reads from stays open.
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE) as child:
        try:
            assert child.wait(30) == 0
        finally:
            child.kill()


async def test_a_cancelled_call_leaves_no_process(child: GuardedChild) -> None:
    await child.start()
    pid = child.pid
    call = asyncio.create_task(child.call({"do": "hang"}, timeout_s=600))
    await asyncio.tasks.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert pid is not None
    await wait_until(lambda: not is_alive(pid), "the child to be gone")


def test_a_child_dies_with_its_parent_even_if_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import asyncio\n"
        "from tests.guard.test_guarded_child import guarded\n"
        "asyncio.run(guarded().call({'do': 'hang'}, timeout_s=600))\n"
    )
    parent = subprocess.Popen(
        [sys.executable, str(script)], env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    block_until(lambda: bool(children_of(parent.pid)), "the child to start", 30.0)
    (child,) = children_of(parent.pid)
    # The signal at the parent's death is asked for after the imports: only then it hangs.
    block_until(lambda: b"guard.child" in Path(f"/proc/{child}/cmdline").read_bytes(), "its exec")
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    block_until(lambda: not is_alive(child), "the child to be gone")
