"""The child's side: `python -P -m guard.child package.module:factory PARENT FILE [MODULE...]`.

The factory gets the settings that the parent sent and returns a function from request to answer,
both dictionaries. PARENT: the number of the process that started it, with which it ends. FILE: that
of the open file for their large values (guard.shared_blobs), - for none. MODULE: what the factory
will import, while nobody has sent anything yet.
Errors of ours travel back by name, others as their class and text. With locks in the first request,
the process locks itself in before it imports the factory, and so before any library but those of
MODULE, which must not, can have started a thread.
"""

import contextlib
import importlib
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, BinaryIO

from contracts.errors import OcrError
from guard import frames
from guard.lock_in import lock_in, lock_in_loaded
from guard.locks import Locks
from guard.open_files import close_all_but
from guard.parent_death import end_with_parent
from guard.rare_collection import collect_rarely, while_loading
from guard.resource_limits import allow_cpu_s
from guard.shared_blobs import SharedBlobs
from guard.uncompiled import uncompiled_modules

Handler = Callable[[dict[str, Any]], dict[str, Any]]


def _die_with(parent: int) -> None:
    # A child that hangs in native code never sees its socket close; the kernel's signal reaches it.
    end_with_parent()
    if os.getppid() != parent:  # it was gone before that
        sys.exit(0)


def _go_first_when_memory_is_short() -> None:
    # 1000: the kernel ends this process before the node, the broker or anything of the user's.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def _own_the_streams() -> tuple[BinaryIO, BinaryIO]:
    """Takes stdin and stdout away from libraries, which print whenever they like."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    return requests, answers


def _receive(requests: BinaryIO) -> dict[str, Any] | None:
    header = requests.read(frames.HEADER_BYTES)
    if len(header) < frames.HEADER_BYTES:
        return None
    return frames.unpack(requests.read(frames.body_length(header)))


def _error(raised: BaseException) -> dict[str, Any]:
    if isinstance(raised, OcrError):
        return {"error": type(raised).__name__, "message": str(raised)}
    text = " ".join(str(raised).split())[:300]
    return {"error": "", "message": f"{type(raised).__name__}: {text}"}


def _import(ahead: Iterable[str]) -> None:
    for name in ahead:
        # Whoever needs it will say that it fails.
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def _begin(target: str, first: dict[str, Any]) -> tuple[Handler, dict[str, Any]]:
    """The handler, and what is to be said about the locks."""
    locks = None if first["locks"] is None else Locks.of_wire(first["locks"])
    missing = [] if locks is None else lock_in(locks)
    module, _, factory = target.partition(":")
    handler: Handler = getattr(importlib.import_module(module), factory)(first["settings"])
    if locks is not None:
        missing += lock_in_loaded(locks)
    uncompiled = uncompiled_modules() if locks is not None else []
    return handler, {"not_locked": missing, "uncompiled": uncompiled}


def serve(
    target: str, blobs: SharedBlobs | None, *, parent: int, ahead: Iterable[str] = ()
) -> None:
    """Answers requests until the parent closes its end."""
    while_loading()
    _die_with(parent)
    _go_first_when_memory_is_short()
    requests, answers = _own_the_streams()
    _import(ahead)
    handler: Handler | None = None
    cpu_s: float | None = None
    while (request := _receive(requests)) is not None:
        request = request if blobs is None else blobs.take(request)
        allow_cpu_s(cpu_s)
        try:
            if handler is None:
                handler, answer = _begin(target, request)
                collect_rarely()
                cpu_s = request["locks"]["cpu_s_per_call"] if request["locks"] else None
            else:
                answer = handler(request)
        except Exception as raised:
            answer = _error(raised)
        answers.writelines(frames.pack(answer if blobs is None else blobs.lay(answer)))
        answers.flush()


if __name__ == "__main__":
    _target, _parent, _file, *_ahead = sys.argv[1:]
    _number = None if _file == "-" else int(_file)
    close_all_but(_number)
    _blobs = None if _number is None else SharedBlobs(_number)
    serve(_target, _blobs, parent=int(_parent), ahead=_ahead)
