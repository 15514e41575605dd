"""Values by key in KV JOBS, as `nats kv get JOBS KEY` sees them too.

Not nats-py's KeyValue: that asks for the bucket at every call, and leaves a marker for each key
that is removed. Keys of a job all begin with its id: one purge removes them without a trace.
"""

from typing import Final

from nats.js.errors import NotFoundError

from broker.connection import Broker
from broker.failures import in_our_words
from broker.publishing import publish_first, publish_when_possible
from contracts import topology

_STREAM: Final = f"KV_{topology.JOBS}"
_PREFIX: Final = f"$KV.{topology.JOBS}."


class KeyValues:
    """Reads and writes; values of a few kilobytes at most."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def put(self, key: str, value: bytes) -> None:
        """Sets a value, waiting while the broker is away or full."""
        await publish_when_possible(self._broker, _PREFIX + key, value)

    async def create(self, key: str, value: bytes) -> bool:
        """Sets a value unless there is one; whether it did."""
        return await publish_first(self._broker, _PREFIX + key, value)

    async def get(self, key: str, *, certain: bool = False) -> bytes | None:
        """The value, None if there is none. `certain`: ask the stream's leader; any replica may
        answer otherwise, and lag behind. Raises: BrokerUnavailable."""
        with in_our_words("reading a job's state"):
            try:
                found = await self._broker.jetstream.get_last_msg(
                    _STREAM, _PREFIX + key, direct=not certain
                )
            except NotFoundError:
                return None
        return found.data or b""

    async def jobs_with(self, name: str) -> set[str]:
        """The ids of all jobs that have a key `<job id>.<name>` (`>`: any key).

        Raises: BrokerUnavailable."""
        with in_our_words("listing jobs"):
            info = await self._broker.jetstream.stream_info(
                _STREAM, subjects_filter=f"{_PREFIX}*.{name}"
            )
        return {subject.split(".")[2] for subject in info.state.subjects or {}}

    async def remove_all_of(self, job_id: str) -> None:
        """Removes every key of a job. Raises: BrokerUnavailable."""
        with in_our_words("forgetting a job"):
            await self._broker.jetstream.purge_stream(_STREAM, subject=f"{_PREFIX}{job_id}.>")
