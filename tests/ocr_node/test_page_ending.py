"""How pages end that cannot be read."""

import pytest

from broker.connection import Broker
from broker.dead_page_store import DeadPageStore
from broker.job_store import JobStore
from broker.object_reading import ObjectMissing
from broker.objects import ObjectBucket
from broker.page_queue import PageDelivery, PagePuller, PageQueue
from broker.results import Results
from contracts import topology
from contracts.codec import decode
from contracts.pages import Line, PageFailed, PageSucceeded, PageTask
from ocr_node.disposition import RetryPolicy
from ocr_node.page_ending import PageEnding
from tests.examples import JOB, SQUARE, manifest, page_task
from tests.waiting import wait_until

LAST_ATTEMPT = 99
KNOWN = Line(text="known before", confidence=1.0, polygon=SQUARE, source="text_layer")


async def test_a_page_given_up_leaves_the_text_that_was_known(broker: Broker) -> None:
    await JobStore(broker).put_manifest(manifest())
    ending = PageEnding(broker, worker="node-a", retry=RetryPolicy())
    given = [page_task(known_lines=(KNOWN,)), page_task(page_index=1)]
    for task in given:
        await PageQueue(broker).publish(task)
    async with PagePuller(broker) as pages:
        taken: list[PageDelivery] = []

        async def both_are_here() -> bool:
            page = await pages.pull()
            taken.extend([page] if page is not None else [])
            return len(taken) == len(given)

        await wait_until(both_are_here, "two pages")
        for page in taken:
            task = await page.task()
            failed = ending.failed(task, attempt=3, error="it was too hard", duration_ms=1.0)
            await ending.give_up(page, task, failed, {})
    known = await Results(broker).page(job_id=JOB, page_index=0)
    assert isinstance(known, PageSucceeded)
    assert (known.text, known.worker, known.attempts) == ("known before", "node-a", 3)
    assert known.error is not None
    assert "it was too hard" in known.error
    assert isinstance(await Results(broker).page(job_id=JOB, page_index=1), PageFailed)


async def test_a_page_whose_image_is_gone_leaves_the_text_that_was_known(broker: Broker) -> None:
    await JobStore(broker).put_manifest(manifest())
    ending = PageEnding(broker, worker="node-a", retry=RetryPolicy())
    large = bytes(broker.max_message_bytes + 1)
    await PageQueue(broker).publish(page_task(known_lines=(KNOWN,), image=large))
    async with PagePuller(broker) as pages:
        taken: list[PageDelivery] = []

        async def it_is_here() -> bool:
            page = await pages.pull()
            taken.extend([page] if page is not None else [])
            return bool(taken)

        await wait_until(it_is_here, "a page")
        (page,) = taken
        images = ObjectBucket(broker, name=topology.PAGE_IMAGES)
        await images.delete(decode(page.delivery.payload, PageTask).image_object or "")
        with pytest.raises(ObjectMissing) as missing:
            await page.task()
        await ending.end_unread(page, attempt=LAST_ATTEMPT, wrong=missing.value)
    known = await Results(broker).page(job_id=JOB, page_index=0)
    assert isinstance(known, PageSucceeded)
    assert (known.text, known.width_px) == ("known before", page_task().width_px)
    assert known.error is not None
    assert "is missing" in known.error
    # Without an image there is nothing to read again.
    record = await DeadPageStore(broker).get(job_id=JOB, page_index=0)
    assert record is not None
    assert record.task is None
