"""A loop in a thread of its own, and the Ctrl-C of who waits for it."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from docr.client.loop_thread import LoopThread


def test_ctrl_c_in_a_script_is_a_keyboard_interrupt_and_leaves_nothing_running() -> None:
    code = """
from docr.client.loop_thread import LoopThread
import asyncio
thread = LoopThread()
async def forever():
    print("waiting", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        print("cancelled", flush=True)
async def items():
    yield 1
    await forever()
try:
    for item in thread.iterate(items()):
        pass
except KeyboardInterrupt:
    print("interrupted", flush=True)
thread.close()
"""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "waiting\n"
        os.kill(process.pid, signal.SIGINT)
        assert process.stdout.read().split() == ["cancelled", "interrupted"]
    assert process.wait(10) == 0


def test_a_ctrl_c_while_work_is_handed_to_the_loop_ends_that_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    thread, begun, ended = LoopThread(), threading.Event(), threading.Event()
    hand_over = asyncio.run_coroutine_threadsafe

    async def items() -> AsyncGenerator[int]:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        yield 1

    def interrupted(*work: Any) -> None:
        monkeypatch.undo()
        hand_over(*work)
        assert begun.wait(10)
        raise KeyboardInterrupt

    monkeypatch.setattr(asyncio, "run_coroutine_threadsafe", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(thread.iterate(items()))
    assert ended.is_set()
    thread.close()
