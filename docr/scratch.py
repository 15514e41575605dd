"""Private folders that go with the process that made them, also when it is killed.

Each folder has a lock file that its process holds; a folder whose lock is free belongs to a process
that is gone, and the next one to come removes it.
"""

import contextlib
import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from contracts.errors import InvalidOption
from docr.alone_in import alone_in

_PREFIX: Final = "docr-"
_LOCK: Final = ".lock"


@contextmanager
def scratch_folder(parent: Path, *, setting: str) -> Iterator[Path]:
    """A new folder in `parent`, which is made if missing; removed at the end.

    `setting` is what a user changes to have it elsewhere. Raises: InvalidOption.
    """
    try:
        if not parent.is_dir():
            parent.mkdir(parents=True, exist_ok=True)
            # As /tmp: other users of this machine make their own folders here.
            parent.chmod(0o1777)
        # Or another one would sweep a folder that is made, and not locked yet.
        with alone_in(parent):
            _sweep(parent)
            folder = Path(tempfile.mkdtemp(dir=parent, prefix=_PREFIX))
            lock = (folder / _LOCK).open("w")
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as wrong:
        raise InvalidOption(
            f"no temporary folder can be made in {parent} ({wrong.strerror}); make it writable, "
            f"or set {setting} to another folder"
        ) from wrong
    with lock:
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _sweep(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        # An error: in use, another user's, or gone meanwhile.
        with contextlib.suppress(OSError), (folder / _LOCK).open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
