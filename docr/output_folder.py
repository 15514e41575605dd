"""The folder that outputs go to, looked at before any work begins."""

import tempfile
from pathlib import Path

from contracts.errors import InvalidOption


def make_writable(out: Path) -> None:
    """Makes the folder if it is missing. Raises: InvalidOption if no file can be made in it."""
    try:
        if out.exists() and not out.is_dir():
            raise InvalidOption(f"--out {out} is a file; choose a folder, which is made if missing")
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as wrong:
        raise InvalidOption(
            f"no files can be made in --out {out} ({wrong.strerror}); choose another folder, or "
            "make it writable"
        ) from wrong
