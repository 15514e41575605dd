"""What of a locked-in child's modules has no compiled form: its parent makes it (guard.byte_code).

Imports little, since every child does.
"""

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterable
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


def load_uncompiled(names: Iterable[str]) -> None:
    """Imports those modules of a child's later work that have no compiled form yet: its parent is
    told of what is loaded at the start only, when no document has been opened in the child. Where
    this user may not write beside them, nobody will."""
    if sys.dont_write_bytecode:
        return
    for name in names:
        spec = importlib.util.find_spec(name)
        source = spec.origin if spec is not None else None
        if (
            source is not None
            and source.endswith(".py")
            and not _is_compiled(source)
            and os.access(Path(source).parent, os.W_OK)
        ):
            importlib.import_module(name)


def _is_compiled(source: str) -> bool:
    try:
        written = Path(importlib.util.cache_from_source(source)).stat().st_mtime
        return written >= Path(source).stat().st_mtime
    except (OSError, NotImplementedError):
        return False
