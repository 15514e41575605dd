"""What a command shows on a terminal."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.docr.commands import DOCR, environment


def shown_on(terminal: int) -> bytes:
    """All that comes to our end of a pseudo-terminal until the other has closed; closes ours."""
    shown = b""
    try:
        while piece := os.read(terminal, 65536):
            shown += piece
    except OSError:  # what Linux says when the other side has closed
        pass
    finally:
        os.close(terminal)
    return shown


def plain(shown: str) -> str:
    """What a terminal shows, without colours."""
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown).replace("\r", "")


class Terminal:
    """A command on a pseudo-terminal of its own that somebody looks at and types into."""

    def __init__(self, *arguments: str, folder: Path, size: tuple[int, int], **settings: str):
        """`size`: columns and lines."""
        self._ours, self._theirs = pty.openpty()
        self.resize(*size)
        self.modes = termios.tcgetattr(self._theirs)
        environ = environment(folder, TERM="xterm", **settings)
        for name in ("COLUMNS", "LINES"):
            environ.pop(name, None)
        self.process = subprocess.Popen(
            # setsid makes the terminal that of the command: it is told of new sizes.
            ["setsid", "--ctty", "--wait", str(DOCR), *arguments],
            cwd=folder,
            env=environ,
            stdin=self._theirs,
            stdout=self._theirs,
            stderr=self._theirs,
        )
        self._shown = b""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        # Our own handle of the other side keeps the terminal open when the command has ended.
        while piece := os.read(self._ours, 65536):
            self._shown += piece
            if piece.endswith(b"\x04"):
                return

    def resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def press(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    @property
    def shown(self) -> str:
        """All that has been shown."""
        return self._shown.decode("utf-8", "replace")

    @property
    def frame(self) -> str:
        """What stands on the screen, if it is drawn anew each time; the last whole one."""
        frames = self.shown.split("\x1b[H")
        return plain(frames[-2] if len(frames) > 2 else "")

    @property
    def modes_now(self) -> list[object]:
        return list(termios.tcgetattr(self._theirs))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait()
        os.write(self._theirs, b"\x04")
        self._reader.join()
        os.close(self._theirs)
        os.close(self._ours)
