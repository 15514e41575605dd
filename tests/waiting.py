"""Waiting for a condition, so that no test sleeps for a guessed time."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Final

import pytest

_LOOK_EVERY_S: Final = 0.01


async def wait_until(
    condition: Callable[[], bool | Awaitable[bool]], description: str, timeout_s: float = 10.0
) -> None:
    """Returns once `condition()` holds; fails the test, with the description, if it never does."""
    deadline = time.monotonic() + timeout_s
    while True:
        holds = condition()
        if inspect.isawaitable(holds):
            holds = await holds
        if holds:
            return
        if time.monotonic() > deadline:
            pytest.fail(f"waited {timeout_s:g} s in vain for: {description}")
        await asyncio.sleep(_LOOK_EVERY_S)


def block_until(condition: Callable[[], bool], description: str, timeout_s: float = 10.0) -> None:
    """`wait_until` for where no event loop runs: fixtures, and threads."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {timeout_s:g} s in vain for: {description}")
        time.sleep(_LOOK_EVERY_S)
