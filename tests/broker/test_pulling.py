"""Pulling, holding and settling messages."""

import asyncio
from dataclasses import replace

import pytest

from broker.connection import Broker
from broker.delivery import Delivery
from broker.job_marks import JobMarks
from broker.page_queue import PagePuller, PageQueue
from broker.pull import Puller
from contracts import subjects, topology
from contracts.errors import MessageUndecodable, StoreFull
from tests.conftest import SMALL_TOPOLOGY
from tests.examples import page_task
from tests.waiting import wait_until

CONSUMERS = ["interactive_latin", "bulk_latin"]


def puller(broker: Broker, *, batch: int = 1) -> Puller:
    return Puller(broker, stream=topology.PAGES, consumers=CONSUMERS, batch=batch)


async def eventually(one: Puller) -> Delivery:
    """The next message, which may be on its way."""
    found: list[Delivery] = []

    async def there() -> bool:
        delivery = await one.next()
        found.extend([delivery] if delivery is not None else [])
        return bool(found)

    await wait_until(there, "a message")
    return found[0]


async def test_messages_come_and_are_gone_after_the_ack(broker: Broker) -> None:
    queue = PageQueue(broker)
    for page_index in range(5):
        await queue.publish(page_task(page_index=page_index))
    async with PagePuller(broker) as pages:
        seen = []
        for _ in range(5):
            page = await pages.pull()
            assert page is not None
            seen.append((await page.task()).page_index)
            assert page.identity() == ("job-1", seen[-1])
            await page.delivery.ack()
        assert seen == [0, 1, 2, 3, 4]
        assert await pages.pull() is None
    assert (await broker.jetstream.stream_info(topology.PAGES)).state.messages == 0


async def test_interactive_pages_come_before_bulk_ones(broker: Broker) -> None:
    queue = PageQueue(broker)
    await queue.publish(page_task(page_index=1))
    await queue.publish(page_task(page_index=2, priority="interactive"))

    async def is_known() -> bool:
        # A consumer hears of a message a moment after the PubAck, and until then has none.
        info = await broker.jetstream.consumer_info(topology.PAGES, "interactive_latin")
        return bool(info.num_pending == 1)

    await wait_until(is_known, "the consumer to know of the message")
    async with puller(broker) as one:
        first = await eventually(one)
        assert first.subject.startswith("ocr.page.interactive.")
        await first.ack()
        await (await eventually(one)).ack()


async def test_a_nak_brings_the_message_back_as_a_later_attempt(broker: Broker) -> None:
    await PageQueue(broker).publish(page_task())
    async with puller(broker) as one:
        first = await eventually(one)
        assert first.number == 1
        await first.nak(0.05)
        second = await eventually(one)
        assert second.number == 2
        await second.ack()


async def test_a_message_whose_holder_vanished_comes_back(broker: Broker) -> None:
    await PageQueue(broker).publish(page_task())
    async with puller(broker) as one:
        await eventually(one)  # and never settled
        again = await eventually(one)
        assert again.number == 2
        await again.ack()


async def test_a_renewed_lease_keeps_the_message(broker: Broker) -> None:
    await PageQueue(broker).publish(page_task())
    async with puller(broker) as one, puller(broker) as other:
        held = await eventually(one)
        # Each look takes about a second, and the lease two.
        for _ in range(4):
            await held.renew()
            assert await other.next() is None
        await held.ack()


async def test_a_terminated_message_leaves_its_reason(broker: Broker) -> None:
    await PageQueue(broker).publish(page_task())
    async with puller(broker) as one:
        await (await eventually(one)).term("the image\nis damaged")
        assert await one.next() is None

    async def reason_is_kept() -> bool:
        state = (await broker.jetstream.stream_info(topology.DEAD)).state
        if not state.messages:
            return False
        advisory = await broker.jetstream.get_msg(topology.DEAD, seq=state.last_seq)
        return b"the image is damaged" in (advisory.data or b"")

    await wait_until(reason_is_kept, "the advisory in stream DEAD")


async def test_a_delivery_is_settled_once(broker: Broker) -> None:
    await PageQueue(broker).publish(page_task())
    async with puller(broker) as one:
        delivery = await eventually(one)
        await delivery.ack()
        with pytest.raises(RuntimeError, match="exactly once"):
            await delivery.nak(0)


async def test_a_closed_puller_gives_back_what_it_caught(broker: Broker) -> None:
    async with puller(broker, batch=5) as one:
        assert await one.next() is None
        for page_index in range(3):
            await PageQueue(broker).publish(page_task(page_index=page_index))
        await (await eventually(one)).ack()
    async with puller(broker) as other:
        for _ in range(2):
            await (await eventually(other)).ack()


async def test_an_undecodable_message_is_refused_and_still_has_its_place(broker: Broker) -> None:
    subject = subjects.page(priority="bulk", script="latin", tenant="default", job_id="j")
    await broker.jetstream.publish(subject, b"junk", headers={"Ocr-Page-Index": "4"})
    async with PagePuller(broker) as pages:
        page = await pages.pull()
        assert page is not None
        assert page.identity() == ("j", 4)
        with pytest.raises(MessageUndecodable):
            await page.task()
        await page.delivery.ack()


async def test_an_image_over_the_message_limit_goes_through_the_bucket(broker: Broker) -> None:
    image = bytes(range(256)) * (9 * 4096)  # 9 MiB
    await PageQueue(broker).publish(page_task(image=image))
    async with PagePuller(broker) as pages:
        page = await pages.pull()
        assert page is not None
        assert len(page.delivery.payload) < 1000
        assert (await page.task()).image == image
        await page.delivery.ack()


@pytest.mark.parametrize(
    "topology_settings", [replace(SMALL_TOPOLOGY, max_pages_per_job_queued=2)], indirect=True
)
async def test_a_full_job_waits_for_room_and_other_jobs_do_not(broker: Broker) -> None:
    queue = PageQueue(broker)
    for page_index in range(2):
        await queue.publish(page_task(page_index=page_index))
    third = asyncio.create_task(queue.publish(page_task(page_index=2)))
    await queue.publish(page_task(job_id="other"))
    assert not third.done()
    async with puller(broker) as one:
        await (await eventually(one)).ack()
        await wait_until(third.done, "the third page to be stored")
        await third
        for _ in range(3):
            await (await eventually(one)).ack()


async def test_a_page_fetched_ahead_is_pulled_at_once_or_given_back_without_an_attempt(
    broker: Broker,
) -> None:
    queue = PageQueue(broker)
    for page_index in range(2):
        await queue.publish(page_task(page_index=page_index))
    async with PagePuller(broker) as pages:
        await pages.ask_ahead()
        await pages.ask_ahead()  # one is enough
        assert (await broker.jetstream.consumer_info("PAGES", "bulk_latin")).num_ack_pending == 1
        page = await pages.pull()
        assert page is not None
        await page.finish()
        await pages.ask_ahead()
    async with PagePuller(broker) as pages:

        async def given_back() -> bool:
            page = await pages.pull()
            if page is None:
                return False
            assert (page.identity(), page.delivery.number) == (("job-1", 1), 2)
            await page.finish()
            return True

        await wait_until(given_back, "the page that nobody pulled")
    assert await JobMarks(broker).returned("job-1", 1) == 1


@pytest.mark.parametrize(
    "topology_settings", [replace(SMALL_TOPOLOGY, max_pages_per_job_queued=8)], indirect=True
)
async def test_a_job_has_room_again_once_an_eighth_of_its_pages_is_gone(broker: Broker) -> None:
    queue = PageQueue(broker)
    for page_index in range(8):
        assert await queue.has_room(page_task(page_index=page_index))
        await queue.publish(page_task(page_index=page_index))
    assert not await queue.has_room(page_task(page_index=8))
    with pytest.raises(StoreFull):
        await queue.publish(page_task(page_index=8), give_up_after_s=0.0)
    assert await queue.has_room(page_task(job_id="another"))
    async with PagePuller(broker) as pages:
        page = await pages.pull()
        assert page is not None
        await page.finish()
    assert await queue.has_room(page_task(page_index=8))


async def test_a_puller_that_waited_in_vain_asks_each_consumer_once_a_wait(broker: Broker) -> None:
    asked = await broker.client.subscribe("$JS.API.CONSUMER.MSG.NEXT.>")
    async with puller(broker) as one:
        assert await one.next() is None
        before = asked.pending_msgs
        assert await one.next() is None
        assert asked.pending_msgs - before == len(CONSUMERS)
        await PageQueue(broker).publish(page_task())
        await (await eventually(one)).ack()
