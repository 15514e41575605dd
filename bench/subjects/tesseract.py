"""Tesseract's command line, a process for each page, with the threads that it takes by itself."""

import shutil
import subprocess
from typing import Any

from contracts.errors import EngineUnavailable
from guard.child import Handler


def serve(settings: dict[str, Any]) -> Handler:
    """Raises: EngineUnavailable."""
    del settings
    program = shutil.which("tesseract")
    if program is None:
        raise EngineUnavailable(
            "tesseract is not installed; on Debian and Ubuntu: apt install tesseract-ocr"
        )

    def handle(request: dict[str, Any]) -> dict[str, Any]:
        done = subprocess.run(
            [program, request["path"], "stdout", "-l", "eng"],
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        return {"text": done.stdout.decode("utf-8", errors="replace")}

    return handle
