"""Pages on their way into the queue: several at a time, and the checkpoint behind all of them."""

import asyncio
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Final

# Enough to hide the broker's write to its disk behind the next pages; and what a crash of ingest
# publishes a second time beyond the last checkpoint.
_AT_MOST: Final = 8
# One of any size may always go.
_AT_MOST_BYTES: Final = 16 * 2**20


@dataclass(frozen=True, kw_only=True)
class _Page:
    index: int
    size: int
    task: "asyncio.Task[None]"


class InFlight:
    """`confirmed`: the page up to which all have arrived, whatever later ones have."""

    def __init__(self, *, confirmed: int) -> None:
        self.confirmed = confirmed
        self.confirmed_pages = 0  # since the last `checkpoint_is_written`
        self._pages: deque[_Page] = deque()

    def checkpoint_is_written(self) -> None:
        self.confirmed_pages = 0

    async def send(self, index: int, *, size: int, sending: Coroutine[Any, Any, None]) -> None:
        """Begins `sending`, once there is room. Raises: what an earlier page's sending raised."""
        try:
            self._note_ends()
            while not self._has_room(size):
                await self._next_end()
        except BaseException:
            sending.close()
            raise
        self._pages.append(_Page(index=index, size=size, task=asyncio.create_task(sending)))

    async def all_arrived(self) -> None:
        """Waits for the last one. Raises: what a page's sending raised."""
        while self._pages:
            await self._next_end()

    async def abandon(self) -> None:
        """Ends what is under way; some of it may have arrived."""
        for page in self._pages:
            page.task.cancel()
        await asyncio.gather(*(page.task for page in self._pages), return_exceptions=True)
        self._note_arrivals()
        self._pages.clear()

    def _has_room(self, size: int) -> bool:
        going = [page for page in self._pages if not page.task.done()]
        if not going:
            return True
        return len(going) < _AT_MOST and sum(each.size for each in going) + size <= _AT_MOST_BYTES

    async def _next_end(self) -> None:
        going = [page.task for page in self._pages if not page.task.done()]
        if going:
            await asyncio.wait(going, return_when=asyncio.FIRST_COMPLETED)
        self._note_ends()

    def _note_ends(self) -> None:
        """Raises: what a page's sending raised."""
        for page in self._pages:
            if page.task.done():
                page.task.result()
        self._note_arrivals()

    def _note_arrivals(self) -> None:
        while self._pages and _has_arrived(self._pages[0].task):
            self.confirmed = self._pages.popleft().index
            self.confirmed_pages += 1


def _has_arrived(task: "asyncio.Task[None]") -> bool:
    return task.done() and not task.cancelled() and task.exception() is None
