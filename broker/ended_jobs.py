"""Ended jobs, the latest first: the summaries of stream SUMMARY, read by their place in it.

What stands in a place never changes, so it is remembered: a list that is looked at every few
seconds costs one answer of the broker, not one a job.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from nats.js.errors import NotFoundError
from pydantic import ValidationError

from broker.connection import Broker
from broker.failures import in_our_words
from contracts import topology
from contracts.job_state import JobState, of_summary
from contracts.jobs import JobSummary

# Deleted ones are gaps.
_AT_ONCE: Final = 32
_MOST_LOOKS: Final = 4096
# As many as one call may look at; some 3 KB each.
_MOST_KNOWN: Final = _MOST_LOOKS


class EndedJobs:
    """Reads; changes nothing."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._known: OrderedDict[int, JobState] = OrderedDict()
        self._last = 0
        self._deleted: int | None = 0

    async def page(
        self, *, before: int | None, limit: int, wanted: Callable[[JobState], bool]
    ) -> tuple[list[JobState], int | None]:
        """Up to `limit` wanted jobs, of places before that one; and before which place to go on,
        None at the end. Raises: BrokerUnavailable."""
        first, end = await self._range()
        place = end if before is None else min(before, end)
        found: dict[str, JobState] = {}
        looks = 0
        while place > first and limit > len(found):
            if looks >= _MOST_LOOKS:
                return list(found.values()), place
            some = range(place - 1, max(first, place - _AT_ONCE) - 1, -1)
            looks += len(some)
            for at, job in zip(some, await self._jobs_at(some), strict=True):
                place = at
                if job is not None and job.job_id not in found and wanted(job):
                    found[job.job_id] = job
                    if len(found) == limit:
                        break
        return list(found.values()), place if place > first else None

    async def _range(self) -> tuple[int, int]:
        """The first place, and that after the last one. What was deleted since is forgotten."""
        with in_our_words("listing summaries"):
            state = (await self._broker.jetstream.stream_info(topology.SUMMARY)).state
        # Nothing tells which ones cheaply; a stream that was made anew counts from 1 again.
        if state.num_deleted != self._deleted or state.last_seq < self._last:
            self._known.clear()
        self._deleted, self._last = state.num_deleted, state.last_seq
        return max(state.first_seq, 1), state.last_seq + 1

    async def _jobs_at(self, places: range) -> list[JobState | None]:
        missing = [each for each in places if each not in self._known]
        read = await asyncio.gather(*(self._read(each) for each in missing))
        now = dict(zip(missing, read, strict=True))
        jobs = [now[each] if each in now else self._known[each] for each in places]
        for each, job in now.items():
            # A gap is asked for again: a replica that lags behind shows one, too.
            if job is not None:
                self._known[each] = job
        while len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)
        return jobs

    async def _read(self, place: int) -> JobState | None:
        with in_our_words("reading a summary"):
            try:
                message = await self._broker.jetstream.get_msg(
                    topology.SUMMARY, seq=place, direct=True
                )
            except NotFoundError:
                return None
        try:
            return of_summary(JobSummary.model_validate_json(message.data or b""))
        except ValidationError:
            return None
