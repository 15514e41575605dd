"""Runs `docr` as a user does: a process of its own, in a folder of its own."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

DOCR: Final = Path(sys.executable).parent / "docr"


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """This process's environment with private temporary folders, one engine, and `settings` on
    top."""
    (folder / "tmp").mkdir(exist_ok=True)
    known = {"TEMP_DIR": str(folder / "temp"), "TMPDIR": str(folder / "tmp")}
    return {**os.environ, "OCR_ENGINE": "echo", "MAX_CPU_CORES": "1", **known, **settings}


def docr(*arguments: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs to the end, in `folder`; OCR_ENGINE is echo unless settings say otherwise."""
    return subprocess.run(
        [str(DOCR), *arguments],
        cwd=folder,
        env=environment(folder, **settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def start_docr(*arguments: str, folder: Path, **settings: str) -> "subprocess.Popen[bytes]":
    """Starts a command whose output goes to `folder`/output."""
    with (folder / "output").open("wb") as output:
        return subprocess.Popen(
            [str(DOCR), *arguments],
            cwd=folder,
            env=environment(folder, **settings),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def leftovers(folder: Path) -> list[str]:
    """Temporary files and folders that a command left."""
    return [
        path.name
        for parent in (folder / "temp", folder / "tmp")
        if parent.exists()
        for path in parent.iterdir()
        if path.name.startswith("docr-")
    ]
