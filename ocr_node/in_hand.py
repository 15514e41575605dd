"""Pages that a node has in hand: one that is read, and others whose results are on their way."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

# A result takes milliseconds to store. When it takes longer the broker is in trouble, and reading
# on would only pile up more of them.
_UNSETTLED: Final = 2


class InHand:
    """Runs the work of pages: the next one may begin as soon as the engine is free."""

    def __init__(self) -> None:
        self._unsettled: set[asyncio.Task[None]] = set()

    async def read(self, work: Callable[[Callable[[], None]], Awaitable[None]]) -> None:
        """Begins the work of a page, and returns when it has called what it was given: its engine
        is free then. `work` handles its errors; what it raises before that call is raised here."""
        free = asyncio.Event()

        async def run() -> None:
            try:
                await work(free.set)
            finally:
                free.set()

        task = asyncio.create_task(run())
        self._unsettled.add(task)
        task.add_done_callback(self._unsettled.discard)
        await free.wait()
        if task.done():
            task.result()
        while len(self._unsettled) >= _UNSETTLED:
            await asyncio.wait(self._unsettled, return_when=asyncio.FIRST_COMPLETED)

    async def all_settled(self) -> None:
        """Waits for the results that are on their way."""
        if self._unsettled:
            await asyncio.wait(self._unsettled)

    async def give_up(self) -> None:
        """Ends what is under way; pages that were not settled are handed over again."""
        for task in self._unsettled:
            task.cancel()
        await self.all_settled()
