"""Messages as the release before wrote them: recorded with its own code by record_version.py."""

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "version_1"


def recorded(name: str) -> bytes:
    """The message `name` of job "old", whose three pages are one of each: a task, a page that was
    read, a page that failed."""
    return (FOLDER / name).read_bytes()
