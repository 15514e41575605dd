"""Following jobs over HTTP: event streams that break and go on, and many of them at once."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Final

import structlog
from pydantic import ValidationError

from contracts.errors import BrokerUnavailable, OcrError
from contracts.events import JobEvent, job_event
from contracts.job_state import ENDED
from contracts.jobs import JobSummary
from docr.client.server_sent_events import ServerSentEvent, server_sent_events
from docr.client.told_once import told_once
from docr.client.transport import AWAY_S, Transport

log = structlog.get_logger(__name__)

Listen = Callable[[str | None], AbstractAsyncContextManager[AsyncIterator[bytes]]]

_PAUSE_S: Final = 0.5
_LOOK_EVERY_S: Final = 1.0
# Jobs beyond these are followed once others have ended.
_AT_ONCE: Final = 64


async def follow_job(listen: Listen, *, after: str | None) -> AsyncGenerator[JobEvent | JobSummary]:
    """Events of one job up to its summary. `listen`: opens its event stream after a Last-Event-ID;
    `after`: the first of these.

    Raises: BrokerUnavailable when nothing was heard for a minute; what `listen` raises.
    """
    clock = asyncio.get_running_loop().time
    heard = clock()
    while True:
        try:
            async with listen(after) as chunks:
                async for told in server_sent_events(chunks):
                    heard = clock()
                    after = told.id if told.id is not None else after
                    event = _parsed(told)
                    if event is not None:
                        yield event
                    if isinstance(event, JobSummary):
                        return
            log.debug("an event stream ended early, opening it again")
            if clock() - heard > AWAY_S:
                raise BrokerUnavailable(  # noqa: TRY301 - as if it were away
                    "the gateway ends the job's event stream again and again; check its log"
                )
        except BrokerUnavailable as away:
            if clock() - heard > AWAY_S:
                raise
            log.debug("the gateway is away, trying again", reason=str(away))
        await asyncio.sleep(_PAUSE_S)


def _parsed(told: ServerSentEvent) -> JobEvent | JobSummary | None:
    try:
        if told.event == "summary":
            return JobSummary.model_validate_json(told.data)
        return job_event.validate_json(told.data)
    except ValidationError:  # what another release tells
        return None


async def follow_open_jobs(transport: Transport) -> AsyncGenerator[JobEvent]:
    """The progress of all jobs that go on, looked up every second; without end."""
    queue: asyncio.Queue[JobEvent | OcrError] = asyncio.Queue()
    followers: dict[str, asyncio.Task[None]] = {}

    async def follow(job_id: str, *, from_now: bool) -> None:
        try:
            async with aclosing(told_once(transport.follow(job_id, from_now=from_now))) as told:
                async for event in told:
                    queue.put_nowait(event)
        except OcrError as wrong:  # deleted, or away: the next look tells
            log.debug("a job is followed no more", job_id=job_id, reason=str(wrong))

    async def look() -> None:
        # Of jobs that come later, nothing was told before.
        from_now = True
        while True:
            cursor: str | None = None
            for job_id in [each for each, task in followers.items() if task.done()]:
                del followers[job_id]
            while len(followers) < _AT_ONCE:
                try:
                    found = await transport.page(limit=100, cursor=cursor, state=None)
                except BrokerUnavailable as away:
                    log.debug("the list of jobs waits", reason=str(away))
                    break
                for job in found.jobs:
                    if not job.has_ended and job.job_id not in followers:
                        task = asyncio.create_task(follow(job.job_id, from_now=from_now))
                        followers[job.job_id] = task
                cursor = found.cursor
                # Those that go on stand before those that have ended.
                if cursor is None or any(job.state in ENDED for job in found.jobs):
                    break
            from_now = False
            await asyncio.sleep(_LOOK_EVERY_S)

    looker = asyncio.create_task(look())
    looker.add_done_callback(lambda ended: _pass_on(ended, queue))
    try:
        while True:
            told = await queue.get()
            if isinstance(told, OcrError):
                raise told
            yield told
    finally:
        tasks = [looker, *followers.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _pass_on(ended: "asyncio.Task[None]", queue: "asyncio.Queue[JobEvent | OcrError]") -> None:
    if not ended.cancelled() and isinstance(wrong := ended.exception(), OcrError):
        queue.put_nowait(wrong)
