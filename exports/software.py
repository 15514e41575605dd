"""What made a file, as the file says it."""

import importlib.metadata
from typing import Final

NAME: Final = "distributed-ocr"


def version() -> str:
    """The release that is installed; `unknown` in a copy of the sources that is not."""
    try:
        return importlib.metadata.version(NAME)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
