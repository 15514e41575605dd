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
from contracts.jobs import JobDocument
from ingest.page_image import PageImage
from ingest.rasteriser import Rasteriser

# Below that a second renderer, which has to open the document too, would bring nothing.
_WORTH_A_SECOND_S: Final = 0.01
# How long pages that were asked for may still take when nobody wants them any more: then their
# renderer is ended, and a new one costs more than that.
_PATIENCE_S: Final = 1.0


class Renderers:
    """Renders pages of one open document at a time. An async context manager."""

    def __init__(self, rasterisers: Sequence[Rasteriser]) -> None:
        self._all = tuple(rasterisers)
        self._free: deque[Rasteriser] = deque()
        self._at_work = 1

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
        self._free, self._at_work = deque([first]), 1
        page_count = await first.open(path, dpi=dpi, password=password, known=known)
        for other in others:
            other.will_need(first.opening)
        return page_count

    @property
    def documents(self) -> tuple[JobDocument, ...]:
        """Those of the ZIP that is open; none if it is a document by itself."""
        opening = self._all[0].opening
        return opening.documents if opening is not None else ()

    async def pages(
        self, indexes: Iterable[int]
    ) -> AsyncGenerator[tuple[int, PageImage | PageUnreadable]]:
        """The images of these pages, in this order, or why there is none; the next ones are
        rendered while the caller is busy with one. Close it (contextlib.aclosing)."""
        left = iter(indexes)
        under_way: deque[tuple[int, asyncio.Task[PageImage]]] = deque()

        def begin() -> None:
            while len(under_way) < self._at_work and (index := next(left, None)) is not None:
                under_way.append((index, asyncio.create_task(self._render(index))))

        try:
            begin()
            while under_way:
                index, task = under_way[0]
                await asyncio.wait({task})
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

    async def _render(self, index: int) -> PageImage:
        rasteriser = self._free.popleft()
        began = time.monotonic()
        try:
            return await rasteriser.render(index)
        finally:
            self._free.append(rasteriser)
            if self._at_work < len(self._all) and time.monotonic() - began > _WORTH_A_SECOND_S:
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
