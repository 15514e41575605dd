"""Which of a process's modules have no compiled form: what a locked-in child cannot mend itself.

Imports no more than it must: every child pays for it at its start.
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
