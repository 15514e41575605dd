"""What the child of a test does."""

import contextlib
import os
import signal
import sys
import time
from typing import Any

from contracts.errors import EngineUnavailable, PageUnreadable
from guard.child import Handler


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
                # Its own copy of the answers' pipe is the last one that is open.
                for number in range(3, 30):
                    with contextlib.suppress(OSError):
                        os.close(number)
                time.sleep(3600)
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
            case "page":
                raise PageUnreadable("page 1 is damaged; leave it out")
            case "bug":
                raise ValueError("two\nlines")
        return {}

    return handle
