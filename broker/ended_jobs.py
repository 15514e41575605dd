"""Ended jobs, the latest first: the summaries of stream SUMMARY, read by their place in it.

What stands in a place never changes, so it is remembered: a list that is looked at every few
seconds costs one answer of the broker, not one a job.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from nats.js.errors import NotFoundError
from pydantic import ValidationError

from broker.connection import Broker
from broker.failures import in_our_words
from broker.stored_messages import last_message, next_message
from broker.stream_info import stream_info
from contracts import subjects, topology
from contracts.ids import is_token
from contracts.job_state import JobState, listed, of_summary
from contracts.jobs import JobSummary

_AT_ONCE: Final = 32
_MOST_LOOKS: Final = 4096
# As many as one call may look at, and bytes of what is listed of them: nodes and documents may be
# many.
_MOST_KNOWN: Final = _MOST_LOOKS
_MOST_KNOWN_BYTES: Final = 16 * 2**20


class EndedJobs:
    """Reads; changes nothing."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._known: dict[int, tuple[JobState, int]] = {}  # by place; its bytes
        self._stands: tuple[Any, ...] = ()
        self._deleted: frozenset[int] = frozenset()

    async def end(self) -> int:
        """The place behind the last summary. Raises: BrokerUnavailable."""
        return (await self._range())[1]

    async def page(
        self,
        *,
        began: int | None = None,
        before: int | None = None,
        limit: int,
        wanted: Callable[[JobState], bool],
    ) -> tuple[list[JobState], int | None]:
        """Up to `limit` wanted jobs, of places before that one; and before which place to go on,
        None at the end. Of a job only its latest revision before `began` counts, None: the latest
        of all. Raises: BrokerUnavailable."""
        first, end = await self._range()
        begin = began if before is None else before
        place = end if begin is None else min(begin, end)
        found: list[JobState] = []
        seen: set[str] = set()
        looks = 0
        while place > first and limit > len(found):
            if looks >= _MOST_LOOKS:
                return found, place
            some = range(place - 1, max(first, place - _AT_ONCE) - 1, -1)
            looks += len(some)
            for at, job in zip(some, await self._jobs_at(some), strict=True):
                place = at
                if job is None or job.job_id in seen:
                    continue
                seen.add(job.job_id)
                # Who begins at the end has seen the later revisions; who goes on has not.
                if wanted(job) and (before is None or await self._counts(job.job_id, at, began)):
                    found.append(job)
                    if len(found) == limit:
                        break
        return found, place if place > first else None

    async def since(self, began: int) -> dict[str, JobState]:
        """Jobs that have ended since, by their ids: not those of which there is a further revision
        since, and of very many only the latest. Raises: BrokerUnavailable."""
        first, end = await self._range()
        found: dict[str, JobState] = {}
        for begin in range(max(began, first, end - _MOST_LOOKS), end, _AT_ONCE):
            for job in await self._jobs_at(range(begin, min(begin + _AT_ONCE, end))):
                if job is not None and (job.revision == 1 or job.job_id in found):
                    found[job.job_id] = job
        return found

    async def _range(self) -> tuple[int, int]:
        """The first place, and that after the last one. What was deleted since is forgotten."""
        info = await self._info()
        state = info["state"]
        first, last = max(int(state["first_seq"]), 1), int(state["last_seq"])
        gaps = int(state.get("num_deleted", 0))
        # As the oldest go, so do the gaps among them: their number alone may stand still.
        stands = (info.get("created"), gaps, first if gaps else 0)
        if stands != self._stands:
            if self._stands[:1] != stands[:1]:  # made anew, it counts from 1 again
                self._known.clear()
            told = await self._info(deleted_details=True) if gaps else info
            self._deleted = frozenset(told["state"].get("deleted") or ())
            for place in self._deleted & self._known.keys():
                del self._known[place]
            self._stands = stands
        return first, last + 1

    async def _info(self, **asked: bool) -> dict[str, Any]:
        return await stream_info(self._broker, topology.SUMMARY, asked, doing="listing summaries")

    async def _jobs_at(self, places: range) -> list[JobState | None]:
        missing = [each for each in places if each not in self._known and each not in self._deleted]
        read = await asyncio.gather(*(self._read(each) for each in missing))
        now = dict(zip(missing, read, strict=True))
        found = [now[each] if each in now else self._known.get(each) for each in places]
        for each, job in now.items():
            # One that is not there is asked for again: a replica may lag behind. What is deleted
            # meanwhile is not remembered.
            if job is not None and each not in self._deleted:
                self._known[each] = job
        self._forget_some()
        return [job[0] if job is not None else None for job in found]

    def _forget_some(self) -> None:
        """The oldest: the latest are looked at most, and every search passes them."""
        size = sum(each for _, each in self._known.values())
        if len(self._known) <= _MOST_KNOWN and size <= _MOST_KNOWN_BYTES:
            return
        for place in sorted(self._known):
            size -= self._known.pop(place)[1]
            if len(self._known) <= _MOST_KNOWN and size <= _MOST_KNOWN_BYTES:
                return

    async def _read(self, place: int) -> tuple[JobState, int] | None:
        with in_our_words("reading a summary"):
            try:
                message = await self._broker.jetstream.get_msg(
                    topology.SUMMARY, seq=place, direct=True
                )
            except NotFoundError:
                return None
        try:
            job = listed(of_summary(JobSummary.model_validate_json(message.data or b"")))
        except ValidationError:
            return None
        return job, len(job.model_dump_json())

    async def _counts(self, job_id: str, place: int, began: int | None) -> bool:
        """Whether the summary in this place is its job's latest one, or was when a list began."""
        if not is_token(job_id):  # not of ours
            return False
        subject = subjects.summary(job_id)
        jetstream = self._broker.jetstream
        with in_our_words("reading a job's summary"):
            try:
                latest = await last_message(jetstream, topology.SUMMARY, subject)
                if latest.seq == place or began is None or (latest.seq or 0) < began:
                    return latest.seq == place
                later = await next_message(jetstream, topology.SUMMARY, subject, sequence=place + 1)
            except NotFoundError:
                return False
        return (later.seq or 0) >= began
