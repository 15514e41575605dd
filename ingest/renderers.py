"""The renderers of one document: the first opens it, a second one helps where pages take long."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncGenerator, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from contracts.errors import PageUnreadable
from contracts.job_options import Mode, RunningHeads
from contracts.jobs import JobDocument
from contracts.pages import PageSucceeded
from ingest.failing_pages import FailingPages
from ingest.page_image import PageImage
from ingest.rasteriser import Rasteriser

# How long a document's pages must have been waited for before a second renderer helps: its process,
# its imports and opening the document once more cost up to half a core-second, and engines that
# read slower than pages are rendered need it for other things.
_WORTH_A_SECOND_S: Final = 3.0
# How long pages that were asked for may still take when nobody wants them any more: then their
# renderer is ended, and a new one costs more than that.
_PATIENCE_S: Final = 1.0

TakenPage = PageImage | PageSucceeded


class Renderers:
    """Renders pages of one open document at a time. An async context manager."""

    def __init__(self, rasterisers: Sequence[Rasteriser]) -> None:
        self._all = tuple(rasterisers)
        self._free: deque[Rasteriser] = deque()
        self._at_work = 1
        self._waited_s = 0.0  # for pages of this document, by who wanted them
        self._failing = FailingPages()

    async def open(
        self,
        path: Path,
        *,
        dpi: int,
        password: str | None = None,
        known: Sequence[JobDocument] = (),
    ) -> int:
        """Opens a document; returns its page count. `known`: see Rasteriser.open.

        Raises: DocumentRejected."""
        first, *others = self._all
        self._free, self._at_work, self._waited_s = deque([first]), 1, 0.0
        self._failing = FailingPages()
        page_count = await first.open(path, dpi=dpi, password=password, known=known)
        for other in others:
            other.will_need(first.opening)
        return page_count

    async def close(self) -> None:
        """Lets go of the open document, once its file is removed or no more needed."""
        for each in self._all:
            await each.close()

    @property
    def documents(self) -> tuple[JobDocument, ...]:
        """Those of the ZIP that is open; none if it is a document by itself."""
        opening = self._all[0].opening
        return opening.documents if opening is not None else ()

    async def pages(
        self,
        indexes: Iterable[int],
        *,
        mode: Mode = "auto",
        running_heads: RunningHeads = "keep",
    ) -> AsyncGenerator[tuple[int, TakenPage | PageUnreadable]]:
        """These pages, in this order, as images or finished, or why there is neither; the next ones
        are worked on while the caller is busy with one. Close it (contextlib.aclosing)."""
        left = iter(indexes)
        under_way: deque[tuple[int, asyncio.Task[TakenPage]]] = deque()

        def begin() -> None:
            while len(under_way) < self._at_work and (index := next(left, None)) is not None:
                under_way.append(
                    (index, asyncio.create_task(self._render(index, mode, running_heads)))
                )

        try:
            begin()
            while under_way:
                index, task = under_way[0]
                began = time.monotonic()
                await asyncio.wait({task})
                self._waited_for(time.monotonic() - began)
                under_way.popleft()
                begin()
                try:
                    yield index, task.result()
                except PageUnreadable as reason:
                    yield index, reason
        finally:
            if tasks := [task for _, task in under_way]:
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait(tasks, timeout=_PATIENCE_S)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _render(self, index: int, mode: Mode, running_heads: RunningHeads) -> TakenPage:
        if verdict := self._failing.verdict(index):
            raise PageUnreadable(verdict)
        rasteriser = self._free.popleft()
        began = time.monotonic()
        try:
            page = await rasteriser.render(index, mode=mode, running_heads=running_heads)
        except PageUnreadable as reason:
            seconds = time.monotonic() - began
            self._failing.note_failure(index, seconds=seconds, reason=reason)
            raise
        else:
            self._failing.note_success()
            return page
        finally:
            self._free.append(rasteriser)

    def _waited_for(self, seconds: float) -> None:
        self._waited_s += seconds
        if self._at_work < len(self._all) and self._waited_s > _WORTH_A_SECOND_S:
            self._free.append(self._all[self._at_work])
            self._at_work += 1

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for each in self._all:
            await each.stop()
