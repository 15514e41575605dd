"""What may be handed in: a path, bytes, or a file object; read piece by piece."""

import asyncio
import io
import os
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import BinaryIO, Final

from contracts.errors import InvalidOption

Content = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO
_PIECE_BYTES: Final = 512 * 1024


class Document:
    """The bytes of a document, and what it is called. Holds one piece of a file in memory."""

    def __init__(self, content: Content, *, filename: str | None) -> None:
        """Raises: InvalidOption for what is no document's content."""
        self._content = content
        self._start: int | None = None  # of a file object that can be read again
        own_name = ""
        if isinstance(content, str | os.PathLike):
            own_name = Path(content).name
        elif not isinstance(content, bytes | bytearray | memoryview):
            if isinstance(content, io.TextIOBase) or not hasattr(content, "read"):
                raise InvalidOption(
                    f"a {type(content).__name__} cannot be handed in; give a path, bytes, or a "
                    "file that was opened with mode 'rb'"
                )
            name = getattr(content, "name", "")
            own_name = Path(name).name if isinstance(name, str) else ""
            if getattr(content, "seekable", bool)():
                self._start = content.tell()
        self.filename = filename or _as_text(own_name) or "document"

    @property
    def repeatable(self) -> bool:
        """Whether `pieces` can be had more than once."""
        return self._start is not None or isinstance(
            self._content, str | os.PathLike | bytes | bytearray | memoryview
        )

    async def pieces(self) -> AsyncGenerator[bytes]:
        """The content from its beginning on. Raises: OSError."""
        match self._content:
            case str() | os.PathLike() as path:
                with await asyncio.to_thread(open, path, "rb") as file:
                    async for piece in _read(file):
                        yield piece
            case bytes() | bytearray() | memoryview() as given:
                view = memoryview(given).cast("B")
                for begin in range(0, len(view), _PIECE_BYTES):
                    yield bytes(view[begin : begin + _PIECE_BYTES])
            case file:
                if self._start is not None:
                    await asyncio.to_thread(file.seek, self._start)
                async for piece in _read(file):
                    yield piece


async def _read(file: BinaryIO) -> AsyncGenerator[bytes]:
    while piece := await asyncio.to_thread(file.read, _PIECE_BYTES):
        yield piece


def _as_text(name: str) -> str:
    """The name of a file, bytes that are not UTF-8 as surrogates whatever the locale is."""
    return os.fsencode(name).decode("utf-8", "surrogateescape")
