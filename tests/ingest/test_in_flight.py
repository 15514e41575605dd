"""Several pages on their way at once, and what may be said of them meanwhile."""

import asyncio
from functools import partial

import pytest

from ingest.in_flight import InFlight
from tests.waiting import wait_until

MB = 2**20


class Sending:
    """Pages that arrive, or fail, when a test says so."""

    def __init__(self) -> None:
        self.ends: dict[int, asyncio.Future[None]] = {}

    async def __call__(self, index: int) -> None:
        self.ends[index] = asyncio.get_running_loop().create_future()
        await self.ends[index]

    async def arrive(self, *indexes: int) -> None:
        for index in indexes:
            await wait_until(partial(self.ends.__contains__, index), f"page {index} to be sent")
            self.ends[index].set_result(None)


async def begun(pages: InFlight, sending: Sending, *indexes: int, size: int = 10) -> None:
    for index in indexes:
        await pages.send(index, size=size, sending=sending(index))


async def test_the_checkpoint_stays_behind_the_first_page_that_has_not_arrived() -> None:
    pages, sending = InFlight(confirmed=4), Sending()
    await begun(pages, sending, 5, 6, 8)
    await sending.arrive(8, 6)
    await begun(pages, sending, 9)
    assert pages.confirmed == 4
    await sending.arrive(5, 9)
    await pages.all_arrived()
    assert (pages.confirmed, pages.confirmed_pages) == (9, 4)


async def test_arrivals_are_noted_with_the_next_page_also_while_there_is_room() -> None:
    pages, sending = InFlight(confirmed=-1), Sending()
    await begun(pages, sending, 0)
    await sending.arrive(0)
    await wait_until(lambda: len(asyncio.all_tasks()) == 1, "the page to have arrived")
    await begun(pages, sending, 1)
    assert pages.confirmed == 0
    await sending.arrive(1)
    await pages.all_arrived()


@pytest.mark.parametrize(("size", "at_once"), [(10, 8), (7 * MB, 2), (40 * MB, 1)])
async def test_no_more_go_at_once_than_there_is_room_for(size: int, at_once: int) -> None:
    pages, sending = InFlight(confirmed=-1), Sending()
    await begun(pages, sending, *range(at_once), size=size)
    one_more = asyncio.create_task(begun(pages, sending, at_once, size=size))
    await sending.arrive(0)
    await one_more
    await sending.arrive(*range(1, at_once + 1))
    await pages.all_arrived()


async def test_what_a_page_raises_ends_the_rest_and_is_not_confirmed() -> None:
    pages, sending = InFlight(confirmed=-1), Sending()
    await begun(pages, sending, 0, 1, 2)
    await sending.arrive(0)
    await wait_until(lambda: 1 in sending.ends, "page 1 to be sent")
    sending.ends[1].set_exception(LookupError("gone"))
    with pytest.raises(LookupError, match="gone"):
        await pages.all_arrived()
    await pages.abandon()
    assert sending.ends[2].cancelled()
    assert pages.confirmed == 0
