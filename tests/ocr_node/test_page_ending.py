"""How pages end that cannot be read."""

from broker.connection import Broker
from broker.job_store import JobStore
from broker.page_queue import PageDelivery, PagePuller, PageQueue
from broker.results import Results
from contracts.pages import Line, PageFailed, PageSucceeded
from ocr_node.disposition import RetryPolicy
from ocr_node.page_ending import PageEnding
from tests.examples import JOB, SQUARE, manifest, page_task
from tests.waiting import wait_until

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
