"""Memory that a parent and its child share, for what is large in a message: an image is copied
twice on its way, where a pipe, its reader and msgpack would copy it five times.

Whoever asks lays its blobs at the beginning, whoever answers lays its own over them: there is one
call at a time. The parent copies a blob out before it looks at it, since a child that was taken
over may change what lies here at any time; sealed, the memory cannot be cut off under a reader. (It
can be emptied; whoever reads then sees zeros.)
"""

import contextlib
import fcntl
import mmap
import os
from typing import Any, Final, Self

# As much as a pipe holds before somebody tunes it: below, the message itself is as quick.
_LEAST_BYTES: Final = 64 * 1024
# Addresses, not memory: the largest image there can be, uncompressed (178 megapixels in colour).
SHARED_BYTES: Final = 600 * 2**20
# A scanned page. What a larger one took goes back to the system.
_KEPT_BYTES: Final = 4 * 2**20
_BLOCK_BYTES: Final = 512  # of st_blocks
_KEY: Final = "shared_blobs"  # in a message: where the values of which keys lie


class SharedBlobs:
    """Of one child. Parent: `made`; child: with the number of the file that it was started with."""

    def __init__(self, file: int) -> None:
        """Raises: OSError."""
        self.file = file
        self._memory = mmap.mmap(file, SHARED_BYTES)

    @classmethod
    def made(cls) -> Self | None:
        """None where the system has no such memory, or grants none: messages carry all then."""
        with contextlib.suppress(OSError, AttributeError, ValueError):
            file = os.memfd_create("docr-blobs", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
            try:
                os.ftruncate(file, SHARED_BYTES)
                seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
                fcntl.fcntl(file, fcntl.F_ADD_SEALS, seals)
                return cls(file)
            except BaseException:
                os.close(file)
                raise
        return None

    def lay(self, message: dict[str, Any]) -> dict[str, Any]:
        """The message, with its large values laid here, as far as there is room."""
        places: dict[str, tuple[int, int]] = {}
        end = 0
        for key, value in message.items():
            if isinstance(value, bytes) and len(value) >= _LEAST_BYTES:
                start, end_of_it = end, end + len(value)
                if self._has_room(end_of_it):
                    self._memory[start:end_of_it] = value
                    places[key], end = (start, end_of_it), end_of_it
        if not places:
            return message
        small = {key: value for key, value in message.items() if key not in places}
        return {**small, _KEY: places}

    def _has_room(self, end: int) -> bool:
        """Asks for it: the system's answer to a write that it has no memory for is SIGBUS."""
        if end > SHARED_BYTES:
            return False
        try:
            os.posix_fallocate(self.file, 0, end)
        except OSError:
            return False
        return True

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        """The message as it was before `lay`. Raises: ValueError for what `lay` never says."""
        places = _places_of(message)
        message.update({key: self._memory[start:end] for key, start, end in places})
        return message

    def let_go(self) -> None:
        """Gives back what more than a usual page took; between two calls."""
        if os.fstat(self.file).st_blocks * _BLOCK_BYTES > _KEPT_BYTES:
            with contextlib.suppress(OSError):
                self._memory.madvise(mmap.MADV_REMOVE, _KEPT_BYTES, SHARED_BYTES - _KEPT_BYTES)

    def close(self) -> None:
        """Once; the other side's stays."""
        self._memory.close()
        os.close(self.file)


def without_blobs(message: dict[str, Any]) -> dict[str, Any]:
    """A message that can have none. Raises: ValueError if it speaks of some."""
    if _KEY in message:
        raise ValueError("blobs, and no memory for them")
    return message


def _places_of(message: dict[str, Any]) -> list[tuple[str, int, int]]:
    """Takes them out of the message: one behind the other, so that no few words stand for more than
    there is room for. Raises: ValueError."""
    told = message.pop(_KEY, {})
    places: list[tuple[str, int, int]] = []
    begin = 0
    try:
        for key, (start, end) in told.items():
            if not (isinstance(key, str) and isinstance(end, int)) or key in message:
                raise ValueError("no key, or twice")  # noqa: TRY301 - as what follows
            if start != begin or not start <= end <= SHARED_BYTES:
                raise ValueError("elsewhere")  # noqa: TRY301
            places.append((key, begin, end))
            begin = end
    except (AttributeError, TypeError, ValueError) as wrong:
        raise ValueError("no places of blobs") from wrong
    return places
