"""The command `nats`: natscli where it is installed, else what stands for it."""

import os
import shutil
import sys
from pathlib import Path


def path_with_nats(folder: Path) -> str:
    """A PATH on which it is; `folder`: where to put what stands for it."""
    if shutil.which("nats") is not None:
        return os.environ["PATH"]
    stand_in = Path(__file__).parent / "nats_stand_in.py"
    command = folder / "bin" / "nats"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{stand_in}" "$@"\n')
    command.chmod(0o755)
    return f"{command.parent}:{os.environ['PATH']}"
