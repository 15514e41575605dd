"""The process of a child, which waits to be told what it is for. Whoever is in a hurry has one
begin before settings are known, or asyncio is imported (docr.early_engines): this imports little.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence

from guard.shared_blobs import SharedBlobs


class Spawned:
    """A process; where it is talked to, its standard input and output; where it says what goes
    wrong; and the memory that it shares with this one, None where there is none."""

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        calls: socket.socket,
        complaints: socket.socket,
        blobs: SharedBlobs | None,
    ) -> None:
        self.process = process
        self.calls = calls
        self.complaints = complaints
        self.blobs = blobs

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def end(self) -> None:
        """Of one that nobody has made a child of."""
        kill(self.process)
        self.process.wait()
        self.calls.close()
        self.complaints.close()
        if self.blobs is not None:
            self.blobs.close()


def spawn(target: str, *, environment: Mapping[str, str], ahead: Sequence[str] = ()) -> Spawned:
    """Starts `python -m guard.child` for `target`. `ahead`: modules that it imports while it waits
    for its first request, and so before it is locked in: they must start no thread.

    Raises: OSError.
    """
    with contextlib.ExitStack() as undo:
        blobs = SharedBlobs.made()
        if blobs is not None:
            undo.callback(blobs.close)
        # Not pipes: uvloop closes the number of one twice, which may be another file's by then.
        calls, its_calls = socket.socketpair()
        undo.enter_context(calls)
        complaints, its_complaints = socket.socketpair()
        undo.enter_context(complaints)
        with its_calls, its_complaints:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-P",  # nothing in the user's folder may stand in for a module of ours
                    "-m",
                    "guard.child",
                    target,
                    str(os.getpid()),
                    "-" if blobs is None else str(blobs.file),
                    *ahead,
                ],
                pass_fds=() if blobs is None else (blobs.file,),
                stdin=its_calls.fileno(),
                stdout=its_calls.fileno(),
                stderr=its_complaints.fileno(),
                # A Ctrl-C on the terminal reaches the parent only, which then ends its children.
                start_new_session=True,
                env=environment,
            )
        undo.pop_all()
    return Spawned(process, calls, complaints, blobs)


def kill(process: "subprocess.Popen[bytes]") -> None:
    """With whatever it started: it leads a session. Its number is its own until somebody has asked
    whether it has ended."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
