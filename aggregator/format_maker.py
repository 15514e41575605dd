"""The parent's handle on the child that makes output formats, one at a time."""

import asyncio
import contextlib
from pathlib import Path
from typing import Final

import structlog

from contracts.errors import (
    ChildCrashed,
    ChildOutOfMemory,
    ChildRaised,
    ChildTimedOut,
    FormatUnavailable,
)
from contracts.jobs import JobSummary
from contracts.output_formats import OutputFormat
from guard.guarded_child import GuardedChild
from guard.locks import Locks

log = structlog.get_logger(__name__)

# A document of 1 GB in a PDF library, and one dense page's worth of objects.
MEMORY_LIMIT_BYTES: Final = 2 * 2**30
# A dense page takes 10 to 50 ms in any format; ten times that is no page but an attack.
_BASE_S, _A_PAGE_S = 60.0, 0.5
# Starting a child takes half a second, its libraries 30 to 80 MB.
_IDLE_S: Final = 10.0
_TROUBLE: Final = (ChildCrashed, ChildOutOfMemory, ChildTimedOut, ChildRaised)


class FormatMaker:
    """Starts its child when it is needed, and ends it when it has been idle. Call `stop`.

    `folder`: in which all files lie that its child reads and writes; it can reach no others.
    """

    def __init__(self, folder: Path, *, memory_limit_bytes: int = MEMORY_LIMIT_BYTES) -> None:
        self._child = GuardedChild(
            target="aggregator.format_child:serve",
            settings={},
            what="the maker of output formats",
            memory_limit_bytes=memory_limit_bytes,
            start_timeout_s=60.0,
            locks=Locks(writable=(folder,)),
        )
        self._turn = asyncio.Lock()
        self._idle: asyncio.Task[None] | None = None

    async def make(
        self,
        output_format: OutputFormat,
        *,
        summary: JobSummary,
        pages: Path,
        document: Path | None,
        out: Path,
        password: str | None = None,
    ) -> str:
        """Writes the file `out`; returns what it is called behind the document's name.

        `pages`: results as JSON Lines; `document`: the file as it was submitted, None where it is
        not kept; `password` opens it. Raises: FormatUnavailable.
        """
        request = {
            "format": output_format,
            "summary": summary.model_dump_json(),
            "language": summary.language,
            "pages": str(pages),
            "document": str(document) if document is not None else None,
            "password": password,
            "out": str(out),
        }
        timeout_s = _BASE_S + _A_PAGE_S * summary.total_pages
        async with self._turn:
            self._keep_child()
            try:
                try:
                    answer = await self._child.call(request, timeout_s=timeout_s)
                except ChildCrashed as crash:
                    # It may have been ended by somebody who needed its memory.
                    log.warning("a format's maker failed, once more", reason=str(crash))
                    answer = await self._child.call(request, timeout_s=timeout_s)
            except _TROUBLE as trouble:
                raise FormatUnavailable(
                    f"format {output_format} cannot be made of this document ({trouble}); "
                    "take another format, or report it with the document"
                ) from trouble
            finally:
                self._idle = asyncio.create_task(self._end_when_idle())
        return str(answer["suffix"])

    async def stop(self) -> None:
        """Ends the child."""
        if self._idle is not None:
            self._idle.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._idle
            self._idle = None
        await self._child.stop()

    def _keep_child(self) -> None:
        if self._idle is not None:
            self._idle.cancel()

    async def _end_when_idle(self) -> None:
        await asyncio.sleep(_IDLE_S)
        async with self._turn:
            await self._child.stop()
