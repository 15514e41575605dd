"""The parent's handle on the child that renders: one open document at a time."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import structlog

from contracts.errors import (
    ChildCrashed,
    ChildOutOfMemory,
    ChildRaised,
    ChildTimedOut,
    DocumentRejected,
    PageUnreadable,
)
from contracts.job_options import Mode, RunningHeads
from contracts.pages import PageSucceeded
from guard.guarded_child import GuardedChild
from guard.locks import Locks
from ingest.failing_pages import PageEndedRenderer
from ingest.page_image import PageImage
from ingest.page_lines import LINES

log = structlog.get_logger(__name__)

# Decoded pixels at their limit take 0.7 GB, twice for a moment; PDFium's own structures the rest.
MEMORY_LIMIT_BYTES: Final = 4 * 2**30
# A page of a scan takes 10 to 300 ms; what takes a minute is not a page but an attack.
_PAGE_TIMEOUT_S: Final = 60.0

# Above the limit on what is used: a page that grows ends there, with words. What asks for gigabytes
# at once, between two looks at its memory, is refused here.
_DATA_SHARE: Final = 1.25
# PDFium works in one thread; what has come to this is stuck, whatever the parent's clock says.
_CPU_SHARE: Final = 2.0
_LEAST_DATA_BYTES: Final = 2**30  # Python and PDFium themselves

_TROUBLE: Final = (ChildCrashed, ChildOutOfMemory, ChildTimedOut, ChildRaised)


class Rasteriser:
    """Opens documents and renders their pages in a child process, which can read the folder
    `documents` and the installed software, and nothing else. None: the folder of the document, at
    the price of a new child for each folder. An async context manager."""

    def __init__(
        self,
        *,
        documents: Path | None = None,
        memory_limit_bytes: int = MEMORY_LIMIT_BYTES,
        page_timeout_s: float = _PAGE_TIMEOUT_S,
    ) -> None:
        self._page_timeout_s = page_timeout_s
        self._documents = documents
        self._readable: tuple[Path, int, int] | None = None  # with device and inode
        self._locks = Locks(
            data_limit_bytes=max(int(_DATA_SHARE * memory_limit_bytes), _LEAST_DATA_BYTES),
            cpu_s_per_call=_CPU_SHARE * page_timeout_s,
        )
        self._child = GuardedChild(
            target="ingest.raster_child:serve",
            settings={},
            what="the page renderer",
            memory_limit_bytes=memory_limit_bytes,
            start_timeout_s=60.0,
            locks=self._locks,
        )
        self._open: tuple[Path, int] | None = None
        self._hung = False  # once, over the open document
        self._open_in: int | None = None  # the process that has it open

    async def open(self, path: Path, *, dpi: int) -> int:
        """Opens a document; returns its page count. Raises: DocumentRejected."""
        self._open, self._hung = None, False
        try:
            page_count = await self._twice(lambda: self._open_in_child(path, dpi))
        except _TROUBLE as trouble:
            raise DocumentRejected(
                f"the document could not be opened ({trouble}); it is damaged or made to do harm"
            ) from trouble
        self._open = (path, dpi)
        return page_count

    def will_need(self, path: Path, *, dpi: int) -> None:
        """Names the document whose pages will be asked for; it is opened with the first of them."""
        self._open, self._open_in, self._hung = (path, dpi), None, False

    async def stop(self) -> None:
        """Ends the child."""
        await self._child.stop()

    async def _open_in_child(self, path: Path, dpi: int) -> int:
        await self._let_read(path)
        answer = await self._child.call(
            {"open": str(path), "dpi": dpi}, timeout_s=self._page_timeout_s
        )
        self._open_in = self._child.pid
        return int(answer["page_count"])

    async def _let_read(self, path: Path) -> None:
        folder = self._documents or path.parent
        known = folder.stat()
        readable = (folder, known.st_dev, known.st_ino)  # one made anew is another one
        if self._readable != readable:
            await self._child.stop()  # what is locked cannot be opened again
            self._child.locks = replace(self._locks, readable=(folder,))
            self._readable = readable

    async def _twice[T](self, work: Callable[[], Awaitable[T]]) -> T:
        """A child that ends may have been ended by somebody who needed its memory. One that takes
        too long may have been frozen together with this process: once in a document."""
        try:
            return await work()
        except (ChildCrashed, ChildTimedOut) as crash:
            hangs = isinstance(crash, ChildTimedOut)
            if hangs and self._hung:
                raise
            self._hung = self._hung or hangs
            log.warning("the page renderer failed, once more", reason=str(crash))
            return await work()

    async def render(
        self, page_index: int, *, mode: Mode = "auto", running_heads: RunningHeads = "keep"
    ) -> PageImage | PageSucceeded:
        """A page of the open document: its image, or its result without one (ingest.page_taking).
        Raises: PageUnreadable."""
        if self._open is None:
            raise PageUnreadable("no document is open")
        path, dpi = self._open

        async def render_in_child() -> dict[str, Any]:
            # It may have ended on the page before, or between the two.
            if self._child.pid is None or self._child.pid != self._open_in:
                await self._open_in_child(path, dpi)
            return await self._child.call(
                {"render": page_index, "mode": mode, "running_heads": running_heads},
                timeout_s=self._page_timeout_s,
            )

        try:
            answer = await self._twice(render_in_child)
        except _TROUBLE as trouble:
            kind = PageUnreadable if isinstance(trouble, ChildRaised) else PageEndedRenderer
            raise kind(
                f"page {page_index + 1} could not be rendered ({trouble}); try a lower dpi"
            ) from trouble
        except DocumentRejected as closed:
            raise PageUnreadable(
                f"page {page_index + 1} could not be rendered: {closed}"
            ) from closed
        if "finished" in answer:
            return PageSucceeded.model_validate_json(answer["finished"])
        return PageImage(**{**answer, "known_lines": LINES.validate_json(answer["known_lines"])})

    @property
    def pid(self) -> int | None:
        """The child's process id; None when there is none at the moment."""
        return self._child.pid

    @property
    def peak_bytes(self) -> int:
        """The most memory that the child had, resident."""
        return self._child.peak_bytes

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()
