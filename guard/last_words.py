"""What a child says on its standard error."""

import asyncio
from collections import deque
from typing import Final

import structlog

log = structlog.get_logger(__name__)

_LINES: Final = 5
# A child that is gone has closed its end, unless it has sent that to somebody who still has it.
_LAST_MOMENT_S: Final = 1.0


class LastWords:
    """The last lines of one child at a time. `what`: as messages call it."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._lines: deque[str] = deque(maxlen=_LINES)
        self._reader: asyncio.Task[None] | None = None

    def listen(self, stream: asyncio.StreamReader | None) -> None:
        """To another child, from now on."""
        self._lines.clear()
        self._reader = asyncio.create_task(self._read(stream)) if stream is not None else None

    async def at_end(self) -> list[str]:
        """Of a child that has ended, or will in a moment."""
        if self._reader is not None:
            await asyncio.wait({self._reader}, timeout=_LAST_MOMENT_S)
            self._reader.cancel()
        return list(self._lines)

    async def _read(self, stream: asyncio.StreamReader) -> None:
        while line := await _line_of(stream):
            text = line.decode(errors="replace").rstrip()
            self._lines.append(text)
            log.debug("child says", what=self._what, line=text)


async def _line_of(stream: asyncio.StreamReader) -> bytes:
    """Empty at the end."""
    try:
        return await stream.readline()
    except ValueError:  # a line over the limit; what was read of it is dropped
        return b"(a very long line)"
