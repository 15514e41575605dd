"""What waits, as operators see it."""

import asyncio

from broker.connection import Broker
from broker.page_queue import PagePuller, PageQueue
from broker.queue_state import QueueState
from tests.examples import page_task
from tests.waiting import wait_until


async def test_pages_that_nobody_asks_for_are_told_until_a_node_of_their_script_comes(
    broker: Broker,
) -> None:
    for index in range(2):
        await PageQueue(broker).publish(page_task(page_index=index))

    async def unserved() -> int:
        return (await QueueState(broker).read()).queues["pages"].unserved

    assert await unserved() == 2
    # A node that waits for pages in another script changes nothing.
    async with PagePuller(broker, scripts=("korean",)) as other:
        waits = asyncio.create_task(other.pull())
        assert await unserved() == 2
        await waits
    async with PagePuller(broker, scripts=("latin",)) as pages:

        async def is_served() -> bool:
            page = await pages.pull()
            served = await unserved() == 0
            if page is not None:
                await page.finish()
            return served

        await wait_until(is_served, "the pages to be in somebody's hands")
