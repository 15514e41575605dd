"""When a further slot for documents is worth its renderer: a process, whose start takes half a
core-second that engines could read with."""

import asyncio
from typing import Final

# How long the slots before it must have had something to do without a pause.
_BUSY_S: Final = 2.0


class SlotStart:
    """Of the slot behind one that takes documents; once it has begun, it goes on."""

    def __init__(self) -> None:
        self._begins = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """At once."""
        self._begins.set()

    async def wait(self) -> None:
        """Until the slot before has been busy for long enough."""
        await self._begins.wait()

    def busy(self) -> None:
        """The slot before has a document."""
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(_BUSY_S, self._begins.set)

    def idle(self) -> None:
        """It waited for one in vain."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
