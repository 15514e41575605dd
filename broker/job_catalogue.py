"""Jobs to look at: one by its id, or all of them, page by page."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final, Literal
from urllib.parse import unquote

from nats.js.errors import NotFoundError

from broker.announcements import Announcements
from broker.connection import Broker
from broker.ended_jobs import EndedJobs
from broker.job_marks import JobMarks
from broker.job_store import JobStore
from broker.key_values import KeyValues
from broker.list_cursor import ListCursor
from contracts.errors import InvalidOption, JobUnknown, SchemaVersionUnknown
from contracts.job_state import ENDED, JobList, JobState, listed, of_manifest, of_summary
from contracts.option_headers import HEADER_FILENAME, HEADER_TENANT

MAX_LIMIT: Final = 500
_AT_ONCE: Final = 32
# Looked at beside those that are asked for: some are none, or have just ended.
_SPARE: Final = 4
OpenState = Literal["queued", "running", "cancelling"]
# Other notes may be there before a job is, and after.
_OF_A_JOB: Final = frozenset({"document", "manifest"})


class JobCatalogue:
    """Reads; changes nothing."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._jobs = JobStore(broker)
        self._marks = JobMarks(broker)
        self._announcements = Announcements(broker)
        self._values = KeyValues(broker)
        self._ended = EndedJobs(broker)

    async def open_counts(self) -> dict[OpenState, int]:
        """How many jobs go on, by their state; of one answer of the broker, however many there are.

        A document that came over NATS and that no ingest has taken yet is no job before that.
        Raises: BrokerUnavailable.
        """
        counts: dict[OpenState, int] = {"queued": 0, "running": 0, "cancelling": 0}
        try:
            noted = await self._values.keys_by_job()
        except NotFoundError:  # nobody has made the bucket yet
            return counts
        for keys in noted.values():
            if keys & _OF_A_JOB:
                counts[_state_by(keys)] += 1
        return counts

    async def state(self, job_id: str) -> JobState:
        """One job. Raises: JobUnknown, BrokerUnavailable."""
        found = await self.find(job_id)
        if found is None:
            raise JobUnknown(
                f"there is no job {job_id}; it was never accepted, was deleted, or has expired"
            )
        return found

    async def find(self, job_id: str) -> JobState | None:
        """One job, None if there is none, or none that this release can read."""
        summary = await self._jobs.summary(job_id)
        if summary is not None:
            return of_summary(summary)
        try:
            manifest = await self._jobs.manifest(job_id)
        except SchemaVersionUnknown:
            return None
        if manifest is not None:
            if manifest.replays is not None:  # no job of its own
                return None
            return of_manifest(
                manifest,
                pages_done=await self._announcements.pages_told(job_id),
                cancelling=await self._marks.cancel_requested(job_id),
            )
        noted = await self._marks.facts_of(job_id)
        if noted is not None:
            facts, since = noted
            return JobState(
                job_id=job_id,
                state="cancelling" if await self._marks.cancel_requested(job_id) else "queued",
                filename=unquote(facts.get(HEADER_FILENAME, "")) or "document",
                tenant=facts.get(HEADER_TENANT, "default"),
                submitted_at=since,
            )
        # It may have ended between the two looks.
        summary = await self._jobs.summary(job_id, certain=True)
        return of_summary(summary) if summary is not None else None

    async def page(
        self,
        *,
        limit: int = 50,
        cursor: str | None = None,
        state: str | None = None,
        tenant: str | None = None,
        text: str | None = None,
    ) -> JobList:
        """Up to `limit` jobs, perhaps fewer than there are; the cursor leads on. `text`: only those
        whose filename has it, in either case, or whose id begins with it.

        A list that is gone through by its cursors has each job that there was when it began once,
        whatever ends meanwhile: one that went on then stands among those that go on.
        Raises: InvalidOption for a limit or a cursor of no use; BrokerUnavailable.
        """
        if not 1 <= limit <= MAX_LIMIT:
            raise InvalidOption(f"a limit of {limit} is out of range; choose 1 to {MAX_LIMIT}")
        if cursor is not None:
            at = ListCursor.parse(cursor)
        else:
            at = ListCursor(began=await self._ended.end())
        sought = text.casefold() if text is not None else ""

        def wanted(job: JobState) -> bool:
            return (
                state in {None, job.state}
                and tenant in {None, job.tenant}
                and (sought in job.filename.casefold() or job.job_id.casefold().startswith(sought))
            )

        found: list[JobState] = []
        if at.before is None and at.began is not None and state not in ENDED:
            async for job in self._open_jobs(at.began, at.below, state=state, limit=limit):
                if wanted(job):
                    found.append(job)
                    if len(found) == limit:
                        goes_on = ListCursor(began=at.began, below=job.job_id)
                        return JobList(jobs=tuple(found), cursor=str(goes_on))
        if state is not None and state not in ENDED:
            return JobList(jobs=tuple(found))
        ended, rest = await self._ended.page(
            began=at.began, before=at.before, limit=limit - len(found), wanted=wanted
        )
        goes_on = ListCursor(began=at.began, before=rest)
        return JobList(jobs=(*found, *ended), cursor=str(goes_on) if rest is not None else None)

    async def _open_jobs(
        self, began: int, below: str | None, *, state: str | None, limit: int
    ) -> AsyncIterator[JobState]:
        """Jobs of ids below that one that had not ended when a list began, by id, the last first:
        as they are now. `state`: others are left out."""
        noted = await self._values.keys_by_job()
        # Read after the keys: what is in neither had ended before.
        since = await self._ended.since(began) if state is None else {}
        ids = sorted(noted.keys() | since.keys(), reverse=True)
        ids = [each for each in ids if below is None or each < below]
        at_once = min(_AT_ONCE, limit + _SPARE)
        for begin in range(0, len(ids), at_once):
            some = [each for each in ids[begin : begin + at_once] if each not in since]
            found = await asyncio.gather(
                *(self._open_job(each, noted[each], state) for each in some)
            )
            now = dict(zip(some, found, strict=True)) | since
            for each in ids[begin : begin + at_once]:
                job = now[each]
                if job is not None and (
                    each in since
                    or not job.has_ended
                    or (state is None and await self._has_just_ended(job, began))
                ):
                    yield job

    async def _has_just_ended(self, job: JobState, began: int) -> bool:
        _, place = await self._jobs.latest_summary(job.job_id, certain=False)
        return job.revision == 1 and place >= began

    async def _open_job(self, job_id: str, keys: set[str], state: str | None) -> JobState | None:
        """A job of which these keys are noted; None for what is none, or has another state."""
        if not keys & _OF_A_JOB or state not in {None, _state_by(keys)}:
            return None
        if "manifest" in keys:
            try:
                summary, manifest, done = await asyncio.gather(
                    self._jobs.summary(job_id),
                    self._jobs.manifest(job_id),
                    self._announcements.pages_told(job_id),
                )
            except SchemaVersionUnknown:
                return None
            if summary is not None:
                return listed(of_summary(summary))
            if manifest is not None:
                goes_on = of_manifest(manifest, pages_done=done, cancelling="cancel" in keys)
                return goes_on if manifest.replays is None else None
        # Nobody has opened it yet, or it has ended between two looks.
        found = await self.find(job_id)
        return listed(found) if found is not None else None

    async def foremost(self, limit: int) -> list[JobState]:
        """Up to `limit` jobs for one who looks on: those that were opened, then those that wait to
        be, then the ended ones; of each the latest first. Raises: BrokerUnavailable."""
        try:
            noted = await self._values.keys_by_job()
        except NotFoundError:
            noted = {}
        ids = [each for each in sorted(noted, reverse=True) if noted[each] & _OF_A_JOB]
        ids.sort(key=lambda each: "manifest" not in noted[each])
        found: dict[str, JobState] = {}
        for begin in range(0, len(ids), _AT_ONCE):
            if len(found) >= limit:
                break
            some = ids[begin : begin + _AT_ONCE]
            for job in await asyncio.gather(
                *(self._open_job(each, noted[each], None) for each in some)
            ):
                if job is not None and not job.has_ended:
                    found[job.job_id] = job
        if (left := limit - len(found)) > 0:
            ended, _ = await self._ended.page(limit=left, wanted=lambda _: True)
            found |= {job.job_id: job for job in ended}
        return list(found.values())[:limit]


def _state_by(keys: set[str]) -> OpenState:
    if "cancel" in keys:
        return "cancelling"
    return "running" if "manifest" in keys else "queued"
