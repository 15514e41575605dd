"""When a further slot for documents begins."""

import asyncio

from ingest.slot_start import SlotStart


async def test_a_slot_begins_once_the_one_before_has_been_busy_without_a_pause() -> None:
    paused, busy = SlotStart(), SlotStart()
    paused.busy()
    paused.idle()
    busy.busy()
    busy.busy()  # another document, taken at once
    began = asyncio.create_task(paused.wait())
    async with asyncio.timeout(10):
        await busy.wait()
    assert not began.done()
    paused.begin()
    await began
