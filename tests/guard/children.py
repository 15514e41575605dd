"""What the child of a test does."""

import contextlib
import os
import signal
import socket
import stat
import sys
import time
from typing import Any

from contracts.errors import EngineUnavailable, PageUnreadable
from guard import frames
from guard.child import Handler

_ERRORS = {
    "page": PageUnreadable("page 1 is damaged; leave it out"),
    "bug": ValueError("two\nlines"),
}


def _is_socket(number: int) -> bool:
    try:
        return stat.S_ISSOCK(os.fstat(number).st_mode)
    except OSError:
        return False


def _leave_a_socket() -> None:
    """Behind an answer, and more than the parent reads ahead: where this process says its last."""
    answers = next(number for number in range(3, 30) if _is_socket(number))
    with socket.socket(fileno=answers) as one:
        one.sendall(b"".join(frames.pack({})) + bytes(2**21 + 20_000))
        socket.send_fds(one, [b"x"], [2])
    os._exit(0)


def serve(settings: dict[str, Any]) -> Handler:
    """A child that does what the request's `do` says."""
    if settings.get("refuse"):
        raise EngineUnavailable("nothing works here; give up")

    def handle(request: dict[str, Any]) -> dict[str, Any]:
        match request["do"]:
            case "echo":
                return {"pid": os.getpid(), "data": request.get("data", b"")}
            case "lie":
                return {"shared_blobs": {"data": [0, 2**40]}}
            case "fall silent":
                # Its own copy of the socket of its answers is the last one that is open.
                for number in range(3, 30):
                    with contextlib.suppress(OSError):
                        os.close(number)
                time.sleep(3600)
            case "leave its socket in its own socket":
                _leave_a_socket()
            case "print":
                sys.stdout.write("noise\n" * 1000)
                sys.stdout.flush()
                os.write(1, b"more noise")
                return {}
            case "die":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "hang":
                time.sleep(3600)
            case "eat":
                eaten = []
                while True:
                    eaten.append(b"x" * 2**25)
            case "loaded":
                return {"is": request["module"] in sys.modules}
            case "page" | "bug" as kind:
                raise _ERRORS[kind]
        return {}

    return handle
