"""A subject for tests, in the child process: what the name of a file says happens to it."""

import os
import time
from pathlib import Path
from typing import Any

from contracts.errors import EngineUnavailable, PageUnreadable
from guard.child import Handler


def serve(settings: dict[str, Any]) -> Handler:
    if settings.get("missing"):
        raise EngineUnavailable("it is not installed; install it")

    def handle(request: dict[str, Any]) -> dict[str, Any]:
        name = Path(request["path"]).stem
        if "burn" in name:
            until = time.process_time() + 0.2
            while time.process_time() < until:
                pass
        if "die" in name:
            os._exit(1)
        if "raise" in name:
            raise PageUnreadable("the image cannot be decoded; get a complete one")
        return {"text": f"{name} by {os.getpid()}"}

    return handle
