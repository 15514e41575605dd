"""Values by key in KV JOBS, as `nats kv get JOBS KEY` sees them too.

Not nats-py's KeyValue: that asks for the bucket at every call, and leaves a marker for each key
that is removed. Keys of a job all begin with its id: one purge removes them without a trace.
"""

import contextlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from nats.js.errors import NotFoundError

from broker.connection import Broker
from broker.failures import in_our_words
from broker.publishing import publish_next, publish_when_possible
from broker.purging import purge
from broker.stored_messages import last_message
from broker.stream_subjects import subjects_of
from contracts import topology
from contracts.ids import RESERVED, is_token

_STREAM: Final = f"KV_{topology.JOBS}"
_PREFIX: Final = f"$KV.{topology.JOBS}."
# In the place of a job id, which therefore cannot be given to a job (contracts.ids).
_TOMBSTONES: Final = RESERVED


class KeyValues:
    """Reads and writes; values of a few kilobytes at most."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def put(self, key: str, value: bytes) -> None:
        """Sets a value, waiting while the broker is away or full."""
        await publish_when_possible(self._broker, _PREFIX + key, value)

    async def create(
        self,
        key: str,
        value: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        give_up_after_s: float | None = None,
    ) -> bool:
        """Sets a value unless there is one; whether it did.

        Raises: StoreFull and BrokerUnavailable after `give_up_after_s`; waits if that is None.
        """
        return await publish_next(
            self._broker, _PREFIX + key, value, headers, after=0, give_up_after_s=give_up_after_s
        )

    async def get(self, key: str, *, certain: bool = False) -> bytes | None:
        """The value, None if there is none. `certain`: ask the stream's leader; otherwise any
        replica may answer, with a value that was there before. Raises: BrokerUnavailable."""
        with in_our_words("reading a job's state"):
            try:
                found = await last_message(
                    self._broker.jetstream, _STREAM, _PREFIX + key, certain=certain
                )
            except NotFoundError:
                return None
        return found.data or b""

    async def headers(self, key: str) -> tuple[Mapping[str, str], datetime] | None:
        """What was stored beside a value, and when. Raises: BrokerUnavailable."""
        with in_our_words("reading a job's state"):
            try:
                found = await last_message(self._broker.jetstream, _STREAM, _PREFIX + key)
            except NotFoundError:
                return None
        return found.headers or {}, found.time or datetime.now(UTC)

    async def has(self, key: str) -> bool:
        """Whether there is a value, by the stream's leader, for who may not see values. Raises:
        BrokerUnavailable."""
        return await self._count(key) > 0

    async def count_below(self, key: str) -> int:
        """How many keys begin with this one and a dot. Raises: BrokerUnavailable."""
        return await self._count(f"{key}.*")

    async def _count(self, keys: str) -> int:
        found = await subjects_of(
            self._broker, _STREAM, _PREFIX + keys, doing="reading a job's state"
        )
        return len(found)

    async def remove(self, key: str) -> None:
        """Removes one key. Raises: BrokerUnavailable."""
        await purge(self._broker, _STREAM, subject=_PREFIX + key, doing="removing a key")

    async def jobs_with(self, name: str) -> set[str]:
        """The ids of all jobs that have a key `<job id>.<name>` (`>`: any key).

        Raises: BrokerUnavailable."""
        return set(await self._keys(name))

    async def keys_by_job(self) -> dict[str, set[str]]:
        """What is noted of each job: the names of its keys. Raises: BrokerUnavailable."""
        return await self._keys(">")

    async def _keys(self, name: str) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for subject in await subjects_of(
            self._broker, _STREAM, f"{_PREFIX}*.{name}", doing="listing jobs"
        ):
            _, _, job_id, key = subject.split(".", 3)
            # The bucket is open to other writers; what is no job's is not ours to touch.
            if is_token(job_id) and job_id != _TOMBSTONES:
                found.setdefault(job_id, set()).add(key)
        return found

    async def bury(self, job_id: str) -> None:
        """Notes that a job was deleted, now."""
        await self.put(f"{_TOMBSTONES}.{job_id}", datetime.now(UTC).isoformat().encode())

    async def is_buried(self, job_id: str) -> bool:
        """Whether the job was deleted, lately. Raises: BrokerUnavailable."""
        return await self.get(f"{_TOMBSTONES}.{job_id}", certain=True) is not None

    async def clear_tombstones(self, older_than: timedelta) -> None:
        """Forgets jobs that were deleted before that. Raises: BrokerUnavailable."""
        for subject in await subjects_of(
            self._broker, _STREAM, f"{_PREFIX}{_TOMBSTONES}.*", doing="listing deleted jobs"
        ):
            since = await self.get(subject.removeprefix(_PREFIX))
            with contextlib.suppress(ValueError):
                if (
                    since
                    and datetime.now(UTC) - datetime.fromisoformat(since.decode()) < older_than
                ):
                    continue
            await purge(self._broker, _STREAM, subject=subject, doing="forgetting a deleted job")

    async def remove_all_of(self, job_id: str) -> None:
        """Removes every key of a job. Raises: BrokerUnavailable."""
        await purge(self._broker, _STREAM, subject=f"{_PREFIX}{job_id}.>", doing="forgetting a job")
