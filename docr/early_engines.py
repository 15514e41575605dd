"""Processes for engines, begun before it is known what these are to load.

What an engine imports takes longer than what `docr run` imports until it knows its settings, and
meanwhile all cores but one would be idle. Whatever cannot be told yet from the command line: these
are no more than processes that wait, and one that nobody takes is ended.
"""

import atexit
import contextlib
import os
import resource
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from docr import machine
from guard.environment import of_locked_child
from guard.spawning import Spawned, spawn
from ocr_node.engine_process import ENGINE_CHILD, IMPORTS

_ENGINE: Final = "onnxruntime"
# Settings that say how many there may be, and are not worked out twice.
_ELSEWHERE: Final = {"MAX_RAM_GB", "SECRETS_DIR"}
# Each needs three; what a process has left when it runs short is said by those who need it.
_LEAST_FILES: Final = 256

_waiting: list[Spawned] = []


def begin(arguments: Sequence[str]) -> None:
    """As many as the command line will need. `arguments`: what follows `docr run`."""
    # Also if the command line turns out to be wrong.
    atexit.register(end)
    # Whatever goes wrong: a run does without them, and says what it needs itself.
    with contextlib.suppress(Exception):
        for _ in range(how_many(arguments, os.environ)):
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
    """Engines of `onnxruntime` that `docr run` will need with these, at the least."""
    settings = {name.upper(): value for name, value in environment.items() if value}
    engine = _value_of("--engine", arguments) or settings.get("OCR_ENGINE", _ENGINE)
    if engine != _ENGINE or _ELSEWHERE & settings.keys() or not _names_a_path(arguments):
        return 0
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < _LEAST_FILES:
        return 0
    bounds = [machine.engines_that_fit(cores=machine.cores(), memory_bytes=machine.memory_bytes())]
    for told in (_value_of("--nodes", arguments), settings.get("MAX_CPU_CORES")):
        if told is not None:
            bounds.append(int(told) if told.isdecimal() else 0)
    return min(bounds)


def _names_a_path(arguments: Sequence[str]) -> bool:
    """Else it asks for help, or for what is not there."""
    return "--help" not in arguments and any(Path(each).exists() for each in arguments)


def _value_of(option: str, arguments: Sequence[str]) -> str | None:
    """The last that is given, as the command line will take it."""
    value = None
    for number, each in enumerate(arguments):
        if each == option:
            value = next(iter(arguments[number + 1 :]), "")
        elif each.startswith(f"{option}="):
            value = each.removeprefix(f"{option}=")
    return value
