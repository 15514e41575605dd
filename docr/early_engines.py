"""Processes for engines, begun before it is known what these are to load.

What an engine imports takes longer than what `docr run` imports until it knows its settings, and
meanwhile all cores but one would be idle. Whatever cannot be told yet from the command line: these
are no more than processes that wait, and one that nobody takes is ended.
"""

import atexit
import contextlib
import os
from collections.abc import Mapping, Sequence

from docr import machine
from guard.environment import of_locked_child
from guard.spawning import Spawned, spawn
from ocr_node.engine_process import ENGINE_CHILD, IMPORTS

_waiting: list[Spawned] = []


def begin(arguments: Sequence[str]) -> None:
    """As many as the command line will need. `arguments`: what follows `docr run`."""
    # Also if the command line turns out to be wrong.
    atexit.register(end)
    for _ in range(how_many(arguments, os.environ)):
        # Who needs it will try again, and say what is missing.
        with contextlib.suppress(OSError):
            _waiting.append(
                spawn(ENGINE_CHILD, environment=of_locked_child(os.environ), ahead=IMPORTS)
            )


def taken() -> Spawned | None:
    """One of them, whose end is the taker's to see to; None when there is none left."""
    return _waiting.pop() if _waiting else None


def end() -> None:
    """Ends those that nobody took."""
    while (spare := taken()) is not None:
        spare.end()


def how_many(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Engines of `onnxruntime` that `docr run` will surely start with these, at the least."""
    engine = _value_of("--engine", arguments) or environment.get("OCR_ENGINE") or "onnxruntime"
    # A bound on memory is not worked out twice.
    if not arguments or "--help" in arguments or "MAX_RAM_GB" in environment:
        return 0
    if engine != "onnxruntime":
        return 0
    bounds = [machine.engines_that_fit(cores=machine.cores(), memory_bytes=machine.memory_bytes())]
    for told in (_value_of("--nodes", arguments), environment.get("MAX_CPU_CORES")):
        if told is not None:
            bounds.append(int(told) if told.isdecimal() else 0)
    return min(bounds)


def _value_of(option: str, arguments: Sequence[str]) -> str | None:
    """The last that is given, as the command line will take it."""
    value = None
    for number, each in enumerate(arguments):
        if each == option:
            value = next(iter(arguments[number + 1 :]), "")
        elif each.startswith(f"{option}="):
            value = each.removeprefix(f"{option}=")
    return value
