"""A job's progress without what a mended connection tells again, and always with an end."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from contracts.events import JobAccepted, JobEvent, JobFinished, PageDone, PageLost
from contracts.jobs import JobSummary


async def told_once(source: AsyncGenerator[JobEvent | JobSummary]) -> AsyncGenerator[JobEvent]:
    """Events of one job's `source`, which it closes; the last one is JobFinished."""
    pages: set[int] = set()
    accepted = finished = False
    async with aclosing(source) as told:
        async for event in told:
            match event:
                case JobSummary():
                    # A broker forgets what it told, and a gateway leaves the end to the summary.
                    if not finished:
                        yield JobFinished(job_id=event.job_id, status=event.status)
                    return
                case JobAccepted():
                    if accepted:
                        continue
                    accepted = True
                case PageDone() | PageLost():
                    if event.page_number in pages:
                        continue
                    pages.add(event.page_number)
                case JobFinished():
                    if finished:
                        continue
                    finished = True
            yield event
