"""`docr watch`: progress of jobs that somebody handed in."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from typing import Final

from contracts.events import JobEvent, JobFinished
from contracts.ids import checked_token
from docr.client import AsyncClient
from docr.sentences import sentences
from docr.stopping import Stopped, until_stopped
from docr.terminal import say
from docr.watching import WatchReport, watch_report

# More ids than this make no line that anybody would copy.
_IDS_SHOWN: Final = 8


def watch_jobs(
    job_ids: Sequence[str], url: str | None, api_key: str | None, *, as_json: bool
) -> int:
    """The exit code: 0 if all ended in success. Raises: InvalidOption."""
    ids = list(dict.fromkeys(checked_token(each, what="job id") for each in job_ids))
    open_ids = set(ids)

    async def watch() -> bool:
        with watch_report(as_json=as_json) as report:
            async with AsyncClient(url, api_key) as client:
                if not ids:
                    async with aclosing(client.events()) as events:
                        async for event in events:
                            report.event(event)
                return await _watch_some(client, open_ids, report)

    try:
        return 0 if until_stopped(watch) else 1
    except Stopped as stopped:
        say(going_on([each for each in ids if each in open_ids]) if ids else "stopped watching")
        return stopped.exit_code


def going_on(job_ids: Sequence[str]) -> str:
    """What to say of jobs that are watched no more."""
    which = " ".join(job_ids) if len(job_ids) <= _IDS_SHOWN else ""
    subject = "the job goes on" if len(job_ids) == 1 else f"{len(job_ids)} jobs go on"
    return f"stopped watching; {subject}; watch again with: docr watch {which}".rstrip()


async def _watch_some(client: AsyncClient, open_ids: set[str], report: WatchReport) -> bool:
    """Reports until all have ended; whether all ended in success."""
    # One who writes, many who listen: an error of stdout is its own, not one of a group.
    queue: asyncio.Queue[tuple[str, JobEvent | Exception]] = asyncio.Queue()

    async def follow(job_id: str) -> None:
        try:
            async with aclosing(client.job(job_id).events()) as events:
                async for event in events:
                    queue.put_nowait((job_id, event))
        except Exception as wrong:
            queue.put_nowait((job_id, wrong))

    followers = [asyncio.create_task(follow(each)) for each in sorted(open_ids)]
    all_well = True
    try:
        while open_ids:
            job_id, told = await queue.get()
            if isinstance(told, Exception):
                open_ids.discard(job_id)
                all_well = False
                for sentence in sentences(told):
                    report.problem(sentence)
                continue
            report.event(told)
            if isinstance(told, JobFinished):
                open_ids.discard(job_id)
                all_well = all_well and told.status == "success"
    finally:
        for follower in followers:
            follower.cancel()
        await asyncio.gather(*followers, return_exceptions=True)
    return all_well
