"""Pages that users hand to this node itself, read beside the queue."""

import asyncio
from collections.abc import Sequence
from typing import Final

from contracts.errors import ChildCrashed, ChildTimedOut
from contracts.job_options import Quality
from contracts.pages import PageSucceeded, PageTask
from ocr_node.activity import Activity
from ocr_node.reader import Reader

# In the place of a job id, which it cannot be.
DIRECT: Final = "(direct)"


class DirectReading:
    """Reads them one at a time, by the engine that is free first: a page of the queue waits for one
    of these at most. `dpi`: of images that do not say theirs; `wait_s`: for a free engine."""

    def __init__(
        self, readers: Sequence[Reader], *, activity: Activity, dpi: int, wait_s: float
    ) -> None:
        self._readers = tuple(readers)
        self._activity = activity
        self._dpi = dpi
        self._wait_s = wait_s
        self._one_at_a_time = asyncio.Lock()

    async def read(
        self, image: bytes, *, language: str, page_index: int, quality: Quality
    ) -> PageSucceeded:
        """Raises: PageUnreadable, and TransientError: try again, or another node."""
        task = PageTask(
            job_id=DIRECT,
            page_index=page_index,
            image=image,
            width_px=0,
            height_px=0,
            dpi=self._dpi,
            language=language,
            quality=quality,
            tenant="default",
            priority="interactive",
        )
        async with self._one_at_a_time:
            reader = await self._free_engine()
            try:
                if not reader.ready or self._activity.status == "stopping":
                    raise ChildCrashed("the node was stopped")
                with self._activity.page(job_id=DIRECT, page_number=page_index + 1):
                    return await reader.read_directly(task)
            finally:
                reader.turn.release()

    async def call_off(self) -> None:
        """Ends what is being read; who waits for it is told."""
        for reader in self._readers:
            await reader.call_off()

    async def _free_engine(self) -> Reader:
        """The engine whose turn is to be had first, and is had on return."""
        turns = {
            asyncio.create_task(reader.turn.acquire()): reader
            for reader in self._readers
            if reader.ready
        }
        if not turns:
            raise ChildCrashed("no engine of this node is ready")
        taken: Reader | None = None
        try:
            done, _ = await asyncio.wait(
                turns, timeout=self._wait_s, return_when=asyncio.FIRST_COMPLETED
            )
            taken = next((turns[turn] for turn in done), None)
        finally:
            for turn in turns:
                turn.cancel()
            await asyncio.wait(turns)
            for turn, reader in turns.items():
                if not turn.cancelled() and reader is not taken:
                    reader.turn.release()
        if taken is None:
            raise ChildTimedOut(f"all engines were busy for {self._wait_s:g} s")
        return taken
