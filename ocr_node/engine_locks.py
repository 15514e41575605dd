"""What an engine's process may still do: read models, and keep those that it has fitted."""

import os
from pathlib import Path

from guard.locks import Locks
from ocr_node.engines import EngineSettings


def engine_locks(engine: EngineSettings) -> Locks:
    """Models may be links into another environment. Nothing bounds memory beside the parent's
    looks: runtimes reserve much more than they use."""
    home = os.environ.get("PADDLE_PDX_CACHE_HOME")
    downloads = Path(home) if home else Path("~/.paddlex").expanduser()
    writable = [engine.cache_dir]
    if engine.name == "paddle":
        # PaddleX and PaddlePaddle make folders of their own when they are imported.
        writable += [downloads, Path("~/.cache/paddle").expanduser()]
    models = [engine.cache_dir, downloads]
    if engine.model_dir is not None:
        models.append(engine.model_dir)
    return Locks(
        linked=tuple(models), writable=tuple(writable), starts_programs=engine.name == "paddle"
    )
