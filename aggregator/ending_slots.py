"""How many jobs are ended at a time: those with formats to make have slots of their own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aggregator.format_files import formats_asked_for, left_s
from contracts.jobs import JobManifest

# Assembling is disk and broker work; a few at a time keep small jobs from waiting for a large one.
_PARALLEL_ENDINGS: Final = 4
# One child makes their formats, one at a time; the second is assembled meanwhile.
_WITH_FORMATS: Final = 2


class EndingSlots:
    """A job whose formats take minutes holds up no job that asked for none."""

    def __init__(self) -> None:
        self._plain = asyncio.Semaphore(_PARALLEL_ENDINGS)
        self._with_formats = asyncio.Semaphore(_WITH_FORMATS)

    @asynccontextmanager
    async def of(self, manifest: JobManifest) -> AsyncIterator[None]:
        """Holds a slot for the body. A job that would wait past its deadline for one takes that of
        a plain one: then there is no time for its formats."""
        slots = self._with_formats if formats_asked_for(manifest) else self._plain
        if slots is self._with_formats:
            try:
                async with asyncio.timeout(left_s(manifest, "complete")):
                    await slots.acquire()
            except TimeoutError:
                slots = self._plain
                await slots.acquire()
        else:
            await slots.acquire()
        try:
            yield
        finally:
            slots.release()
