"""What of a locked-in child's modules has no compiled form: its parent makes it (guard.byte_code).

Imports little, since every child does.
"""

import importlib.util
import sys
from pathlib import Path


def uncompiled_modules() -> list[str]:
    """The source files of this process's modules whose compiled form is missing or older."""
    if sys.dont_write_bytecode:
        return []
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    return [
        file
        for file in files
        if isinstance(file, str) and file.endswith(".py") and not _is_compiled(file)
    ]


def _is_compiled(source: str) -> bool:
    try:
        written = Path(importlib.util.cache_from_source(source)).stat().st_mtime
        return written >= Path(source).stat().st_mtime
    except (OSError, NotImplementedError):
        return False
