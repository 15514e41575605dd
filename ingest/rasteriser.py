"""The parent's handle on the child that renders: one open document at a time."""

import contextlib
import secrets
import shutil
from collections.abc import Awaitable, Callable, Sequence
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
    DocumentLocked,
    DocumentRejected,
    PageUnreadable,
)
from contracts.job_options import Mode, RunningHeads
from contracts.jobs import JobDocument
from contracts.pages import PageSucceeded
from guard.guarded_child import GuardedChild
from guard.locks import Locks
from ingest.failing_pages import PageEndedRenderer
from ingest.opening import Opening
from ingest.page_image import PageImage
from ingest.page_lines import LINES

log = structlog.get_logger(__name__)

# Decoded pixels at their limit take 0.7 GB, twice for a moment; PDFium's own structures the rest.
MEMORY_LIMIT_BYTES: Final = 4 * 2**30
# A page of a scan takes 10 to 300 ms; what takes a minute is not a page but an attack.
_PAGE_TIMEOUT_S: Final = 60.0

# To remove a file of gigabytes takes a second or two.
_CLOSE_S: Final = 10.0

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
        self._folder_name = f"members-{secrets.token_hex(4)}"
        self._child = GuardedChild(
            target="ingest.raster_child:serve",
            settings={},
            what="the page renderer",
            memory_limit_bytes=memory_limit_bytes,
            start_timeout_s=60.0,
            locks=self._locks,
        )
        self.opening: Opening | None = None  # what is open
        self._hung = False  # once, over the open document
        self._open_in: int | None = None  # the process that has it open

    async def open(
        self,
        path: Path,
        *,
        dpi: int,
        password: str | None = None,
        known: Sequence[JobDocument] = (),
    ) -> int:
        """Opens a document; returns its page count. `known`: the documents of a ZIP, if they were
        counted before. Raises: DocumentRejected, TempFolderUnusable."""
        self.opening, self._hung = None, False
        opening = Opening(path=path, dpi=dpi, password=password, folder=self._members_of(path))
        answer = await self._opened(opening)
        if "listing" in answer:

            async def count(place: int) -> int:
                # A member may have ended the child that the one before it was counted in.
                if self._child.pid is None or self._child.pid != self._open_in:
                    await self._open_in_child(opening)
                return int((await self._ask({"count": place}))["page_count"])

            async def counted(place: int) -> int:
                return await self._or_rejected(lambda: count(place))

            opening = await opening.counted(answer["listing"], counted, known=known)
            answer = await self._opened(opening)
        self.opening = opening
        return int(answer["page_count"])

    def will_need(self, opening: Opening | None) -> None:
        """Names the document whose pages will be asked for; it is opened with the first of them."""
        self._open_in, self._hung = None, False
        self.opening = opening and replace(opening, folder=self._members_of(opening.path))

    async def close(self) -> None:
        """Lets go of the document that is open, or could not be opened: the disk has its file until
        then, removed or not."""
        self.opening = None
        if self._child.pid is not None:
            with contextlib.suppress(*_TROUBLE):  # the child ends over that, and lets go too
                await self._child.call({"close": True}, timeout_s=_CLOSE_S)
        self._open_in = None

    async def stop(self) -> None:
        """Ends the child, and removes what it laid aside."""
        await self._child.stop()
        if self._readable is not None:
            shutil.rmtree(self._readable[0] / self._folder_name, ignore_errors=True)

    def _members_of(self, path: Path) -> Path:
        return (self._documents or path.parent) / self._folder_name

    async def _opened(self, opening: Opening) -> dict[str, Any]:
        return await self._or_rejected(lambda: self._open_in_child(opening))

    async def _open_in_child(self, opening: Opening) -> dict[str, Any]:
        await self._let_read(opening)
        answer = await self._ask(opening.request())
        self._open_in = self._child.pid
        return answer

    async def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        return await self._child.call(request, timeout_s=self._page_timeout_s)

    async def _or_rejected[T](self, work: Callable[[], Awaitable[T]]) -> T:
        try:
            return await self._twice(work)
        except _TROUBLE as trouble:
            raise DocumentRejected(
                f"the document could not be opened ({trouble}); it is damaged or made to do harm"
            ) from trouble

    async def _let_read(self, opening: Opening) -> None:
        """Sees to it that the child may read the document, and lay members of a ZIP aside."""
        folder = self._documents or opening.path.parent
        known = folder.stat()
        readable = (folder, known.st_dev, known.st_ino)  # one made anew is another one
        if self._readable == readable and opening.folder.is_dir():
            opening.clear_folder()
            return
        await self._child.stop()  # what is locked cannot be opened again
        opening.folder.mkdir(exist_ok=True)
        self._child.locks = replace(self._locks, readable=(folder,), writable=(opening.folder,))
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
        Raises: PageUnreadable; DocumentLocked if another password opened it before."""
        answer = await self._of_page(
            page_index, {"render": page_index, "mode": mode, "running_heads": running_heads}
        )
        if "finished" in answer:
            return PageSucceeded.model_validate_json(answer["finished"])
        return PageImage(**{**answer, "known_lines": LINES.validate_json(answer["known_lines"])})

    async def picture(self, page_index: int, *, width_px: int) -> bytes:
        """A page of the open document for people, as ingest.page_picture.picture_of.
        Raises: PageUnreadable."""
        answer = await self._of_page(page_index, {"picture": page_index, "width_px": width_px})
        return bytes(answer["data"])

    async def _of_page(self, page_index: int, request: dict[str, Any]) -> dict[str, Any]:
        opening = self.opening
        if opening is None:
            raise PageUnreadable("no document is open")

        async def render_in_child() -> dict[str, Any]:
            # It may have ended on the page before, or between the two.
            if self._child.pid is None or self._child.pid != self._open_in:
                await self._open_in_child(opening)
            return await self._ask(request)

        try:
            return await self._twice(render_in_child)
        except _TROUBLE as trouble:
            kind = PageUnreadable if isinstance(trouble, ChildRaised) else PageEndedRenderer
            raise kind(
                f"page {page_index + 1} could not be rendered ({trouble}); try a lower dpi"
            ) from trouble
        except DocumentLocked:
            raise
        except DocumentRejected as closed:
            raise PageUnreadable(
                f"page {page_index + 1} could not be rendered: {closed}"
            ) from closed

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
