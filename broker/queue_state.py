"""What waits in the queues, what is in hand, and how full the store is: for those who watch."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal

from nats.js import api
from nats.js.errors import NotFoundError

from broker.connection import Broker
from broker.failures import MAKE_STREAMS, in_our_words
from contracts import topology
from contracts.errors import BrokerUnavailable
from contracts.job_options import PRIORITIES
from contracts.languages import SCRIPTS

QueueName = Literal["submit", "pages"]

_QUEUES: Final[Mapping[QueueName, tuple[str, tuple[str, ...]]]] = {
    "submit": (topology.SUBMIT, (topology.INGEST,)),
    "pages": (
        topology.PAGES,
        tuple(
            topology.page_consumer(priority, script)
            for priority in PRIORITIES
            for script in SCRIPTS
        ),
    ),
}
# As the broker calls them: buckets are streams too.
STREAMS: Final = (
    topology.SUBMIT,
    topology.PAGES,
    topology.RESULTS,
    topology.SUMMARY,
    topology.ENDINGS,
    topology.EVENTS,
    topology.DEAD,
    topology.DEAD_PAGES,
    f"OBJ_{topology.UPLOADS}",
    f"OBJ_{topology.PAGE_IMAGES}",
    f"OBJ_{topology.OUTPUTS}",
    f"KV_{topology.JOBS}",
    f"KV_{topology.NODES}",
)


@dataclass(kw_only=True)
class Queue:
    """`messages`: all that it holds. `age_s`: how long the oldest one waits that nobody has taken
    yet; 0 if none does. `in_hand`: taken and not settled, or given back to come again later.
    `redelivered`: of those in hand, the ones that were handed over before. `unserved`: messages of
    a kind of which none is in hand, and for which nobody asks at the moment."""

    messages: int = 0
    age_s: float = 0.0
    in_hand: int = 0
    redelivered: int = 0
    unserved: int = 0


@dataclass(kw_only=True)
class Store:
    """A stream or bucket, in bytes. `limit_bytes`: where it refuses, or drops, what is new."""

    used_bytes: int
    limit_bytes: int
    messages: int


@dataclass(frozen=True, kw_only=True)
class BrokerState:
    """At one moment. `stores`: by stream."""

    queues: dict[QueueName, Queue] = field(default_factory=dict)
    stores: dict[str, Store] = field(default_factory=dict)


class QueueState:
    """Asks the broker, for about forty answers; cheap, but not free."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def read(self) -> BrokerState:
        """The state now. Raises: BrokerUnavailable, alone or in an ExceptionGroup."""
        if not self._broker.client.is_connected:
            raise BrokerUnavailable("the connection to the broker is lost; see that it runs")
        state = BrokerState()
        async with asyncio.TaskGroup() as group:
            for name in STREAMS:
                group.create_task(self._store(state, name))
            for queue in _QUEUES:
                state.queues[queue] = Queue()
                for consumer in _QUEUES[queue][1]:
                    group.create_task(self._consumer(state.queues[queue], queue, consumer))
        for queue, (stream, _) in _QUEUES.items():
            state.queues[queue].messages = state.stores[stream].messages
        return state

    async def stores(self) -> dict[str, Store]:
        """By stream, of those that are there. Raises: BrokerUnavailable."""
        found = {}
        for name in STREAMS:
            with in_our_words("looking at the streams"), suppress(NotFoundError):
                found[name] = _store_of(await self._broker.jetstream.stream_info(name))
        return found

    async def _store(self, state: BrokerState, name: str) -> None:
        with in_our_words("looking at the streams"), _all_there():
            state.stores[name] = _store_of(await self._broker.jetstream.stream_info(name))

    async def _consumer(self, queue: Queue, name: QueueName, consumer: str) -> None:
        stream = _QUEUES[name][0]
        with in_our_words("looking at the queues"), _all_there():
            info = await self._broker.jetstream.consumer_info(stream, consumer)
        queue.in_hand += info.num_ack_pending or 0
        queue.redelivered += info.num_redelivered or 0
        if info.num_pending:
            if not info.num_waiting and not info.num_ack_pending:
                queue.unserved += info.num_pending
            queue.age_s = max(queue.age_s, await self._oldest_s(stream, info))

    async def _oldest_s(self, stream: str, info: api.ConsumerInfo) -> float:
        """How long the first message waits that the consumer has not handed over yet."""
        behind = info.delivered.stream_seq if info.delivered is not None else 0
        with in_our_words("looking at the oldest message"):
            try:
                found = await self._broker.jetstream.get_msg(
                    stream, seq=behind + 1, subject=info.config.filter_subject, next=True
                )
            except NotFoundError:  # it was taken meanwhile
                return 0.0
        if found.time is None:
            return 0.0
        return max((datetime.now(UTC) - found.time).total_seconds(), 0.0)


def _store_of(info: api.StreamInfo) -> Store:
    return Store(
        used_bytes=info.state.bytes,
        limit_bytes=max(info.config.max_bytes or 0, 0),
        messages=info.state.messages,
    )


@contextmanager
def _all_there() -> Iterator[None]:
    """Raises: BrokerUnavailable for a stream or consumer that is missing."""
    try:
        yield
    except NotFoundError:
        raise BrokerUnavailable(
            f"the broker lacks a stream or a consumer; {MAKE_STREAMS}"
        ) from None
