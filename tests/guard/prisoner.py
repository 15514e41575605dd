"""A locked-in child that tries what a taken-over one would, and says what came of it."""

import ctypes
import importlib
import mmap
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from guard.child import Handler


def serve(settings: dict[str, Any]) -> Handler:
    """`{"try": name, "with": text}` is answered with what the kernel said: a name of an error, or
    what was found. `settings["first"]`: a program that is run before the child is ready."""
    if first := settings.get("first"):
        subprocess.run([first], check=True)

    def handle(request: dict[str, Any]) -> dict[str, Any]:
        try:
            return {"said": str(TRIES[request["try"]](request.get("with", "")))}
        except OSError as refused:
            return {"said": type(refused).__name__}
        except MemoryError:
            return {"said": "MemoryError"}

    return handle


def _in_a_thread(work: Callable[[], object]) -> object:
    found: list[object] = []

    def run() -> None:
        try:
            found.append(work())
        except OSError as refused:
            found.append(type(refused).__name__)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found[0]


def _read(path: str) -> object:
    return len(Path(path).read_bytes())


def _send_a_file(_: str) -> object:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        return socket.send_fds(ours, [b"x"], [2])


def _fork(_: str) -> object:
    child = os.fork()
    if child == 0:
        os._exit(0)
    return os.waitpid(child, 0)


def _system_call(number: str) -> object:
    libc = ctypes.CDLL(None, use_errno=True)
    answer = libc.syscall(*(ctypes.c_long(int(each)) for each in number.split()))
    if answer < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return answer


def _take(megabytes: str) -> object:
    with mmap.mmap(-1, int(megabytes) * 2**20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as it:
        return len(it)


def _work_for_ever(_: str) -> object:
    while True:
        pass


TRIES: dict[str, Callable[[str], object]] = {
    "read": _read,
    "read in a thread": lambda path: _in_a_thread(lambda: _read(path)),
    "list": lambda path: len(list(Path(path).iterdir())),
    "write": lambda path: Path(path).write_text("mine"),
    "import": lambda name: importlib.import_module(name).__name__,
    "send a file": _send_a_file,
    "fork": _fork,
    "run": lambda program: subprocess.run([program], check=False),
    "connect": lambda port: socket.create_connection(("127.0.0.1", int(port)), timeout=5),
    "connect in a thread": lambda _: _in_a_thread(socket.socket),
    "end": lambda pid: os.kill(int(pid), 0),  # as any signal, but for its effect
    "end itself": lambda _: os.kill(os.getpid(), signal.SIGKILL),
    "change mode": lambda path: Path(path).chmod(0o777),
    "system call": _system_call,
    "memory": _take,
    "work for ever": _work_for_ever,
    "environment": lambda name: os.environ.get(name, "nothing"),
}
