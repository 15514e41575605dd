"""Waiting for a condition, so that no test sleeps for a guessed time."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Final

import pytest

_SHORTEST_PAUSE_S: Final = 0.01
_LONGEST_PAUSE_S: Final = 0.025  # what lasts no longer may be missed


def _pause_s(waited_s: float) -> float:
    """Until the next look, which takes work from what is waited for: a twentieth of the time so
    far."""
    return min(max(waited_s / 20, _SHORTEST_PAUSE_S), _LONGEST_PAUSE_S)


async def wait_until(
    condition: Callable[[], bool | Awaitable[bool]], description: str, timeout_s: float = 10.0
) -> None:
    """Returns once `condition()` holds; fails the test, with the description, if it never does."""
    began = time.monotonic()
    while True:
        holds = condition()
        if inspect.isawaitable(holds):
            holds = await holds
        if holds:
            return
        waited_s = time.monotonic() - began
        if waited_s > timeout_s:
            pytest.fail(f"waited {timeout_s:g} s in vain for: {description}")
        await asyncio.sleep(_pause_s(waited_s))


def block_until(condition: Callable[[], bool], description: str, timeout_s: float = 10.0) -> None:
    """`wait_until` for where no event loop runs: fixtures, and threads."""
    began = time.monotonic()
    while not condition():
        waited_s = time.monotonic() - began
        if waited_s > timeout_s:
            pytest.fail(f"waited {timeout_s:g} s in vain for: {description}")
        time.sleep(_pause_s(waited_s))
