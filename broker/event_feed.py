"""The progress of one job, from its beginning on: stream EVENTS, which keeps it for a day."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Final

import structlog
from nats.aio.msg import Msg
from nats.js import api
from nats.js.errors import NotFoundError
from pydantic import ValidationError

from broker.connection import Broker
from broker.failures import in_our_words
from contracts import subjects, topology
from contracts.errors import BrokerUnavailable
from contracts.events import JobEvent, job_event

log = structlog.get_logger(__name__)

_HEARTBEAT_S: Final = 1.0
# Three heartbeats: the consumer is gone, with the broker that had it in memory.
_SILENCE_S: Final = 3.5


class EventFeed:
    """Reads what was told of jobs."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def follow(
        self, job_id: str, *, from_now: bool = False
    ) -> AsyncGenerator[JobEvent | None]:
        """What was told of a job, then what is told from now on (`from_now`: that only), without
        end; None when there is nothing more at the moment, about once a second.

        Goes on by itself when the broker was away; it may then tell again what it told before.
        """
        while True:
            queue: asyncio.Queue[Msg] = asyncio.Queue()
            try:
                async with self._consumer(job_id, queue, from_now=from_now) as pending:
                    if not pending:
                        yield None
                    async with contextlib.aclosing(_heard(queue)) as heard:
                        async for event in heard:
                            yield event
            except (BrokerUnavailable, NotFoundError) as away:
                # The stream is in the broker's memory: a service makes it anew.
                log.debug("the feed of events waits", job_id=job_id, reason=str(away))
                yield None
                await asyncio.sleep(_HEARTBEAT_S)

    @contextlib.asynccontextmanager
    async def _consumer(
        self, job_id: str, queue: "asyncio.Queue[Msg]", *, from_now: bool
    ) -> AsyncIterator[int]:
        """Fills the queue; yields how many events there are already. It pushes, and needs no
        requests: a reader may go at any moment, and the consumer goes with its inbox."""
        inbox = self._broker.client.new_inbox()

        async def receive(message: Msg) -> None:
            queue.put_nowait(message)

        with in_our_words("subscribing to an inbox"):
            subscription = await self._broker.client.subscribe(inbox, cb=receive)
        try:
            with in_our_words("opening the feed of events"):
                info = await self._broker.jetstream.add_consumer(
                    topology.EVENTS,
                    api.ConsumerConfig(
                        filter_subject=subjects.event_log(job_id),
                        deliver_subject=inbox,
                        deliver_policy=(
                            api.DeliverPolicy.NEW if from_now else api.DeliverPolicy.ALL
                        ),
                        ack_policy=api.AckPolicy.NONE,
                        idle_heartbeat=_HEARTBEAT_S,
                        mem_storage=True,
                    ),
                )
            yield info.num_pending or 0
        finally:
            if self._broker.client.is_connected:
                await subscription.unsubscribe()


async def _heard(queue: "asyncio.Queue[Msg]") -> AsyncGenerator[JobEvent | None]:
    """Events, None for each heartbeat; ends when not even heartbeats come."""
    while True:
        try:
            async with asyncio.timeout(_SILENCE_S):
                message = await queue.get()
        except TimeoutError:
            return
        if (message.headers or {}).get("Status") is not None:
            yield None
            continue
        try:
            event = job_event.validate_json(message.data)
        except ValidationError:  # what another release tells
            continue
        yield event
