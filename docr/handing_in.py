"""Documents on their way in: one that finds no room waits until others have made some."""

import asyncio
import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from broker.connection import Broker
from broker.submissions import SubmitQueue
from contracts.errors import StoreFull
from contracts.job_options import JobOptions
from docr.patience import patiently
from docr.store_room import StoreRoom

# Smaller ones go through the queue, and take next to no room.
_LARGE_BYTES: Final = 1024 * 1024


class HandIn:
    """Hands in the documents of one run, whose broker has no other users."""

    def __init__(
        self,
        broker: Broker,
        *,
        options: JobOptions,
        room: StoreRoom,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """`headers`: further ones of each submission."""
        self._headers = headers
        self._queue = SubmitQueue(broker)
        self._options = options
        self._room = room
        self._in_progress: set[str] = set()
        self._one_ended = asyncio.Event()
        # Two that are half in could keep each other out.
        self._large_one = asyncio.Lock()

    async def submit(self, path: Path, *, job_id: str) -> None:
        """On return the document is durably accepted; tell `ended` when its outputs are fetched.

        Raises: OSError, StoreFull, DocumentRejected, BrokerUnavailable, JobIdTaken.
        """
        size = path.stat().st_size
        if size > _LARGE_BYTES:
            self._room.check(size)
        async with self._large_one if size > _LARGE_BYTES else contextlib.nullcontext():
            while not await self._fits(path, job_id):
                if self._in_progress:
                    self._one_ended.clear()
                    await self._one_ended.wait()
        self._in_progress.add(job_id)

    async def _fits(self, path: Path, job_id: str) -> bool:
        """Whether the document was accepted, or waits for another to end. Raises: as `submit`."""
        others = bool(self._in_progress)

        async def submit() -> None:
            await self._queue.submit_file(
                path, job_id=job_id, options=self._options, headers=self._headers
            )

        try:
            await patiently(submit)
        except StoreFull as full:
            if not others:
                raise StoreFull(
                    f"the broker's store has no room for it, though no other document is in it; "
                    f"{self._room.remedy}"
                ) from full
            return False
        return True

    def ended(self, job_id: str) -> None:
        """What the document took has been given back."""
        self._in_progress.discard(job_id)
        self._one_ended.set()
