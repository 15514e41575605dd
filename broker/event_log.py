"""Progress that was told already: stream EVENTS, in the broker's memory, for a day."""

import asyncio
import contextlib
import json
from typing import Final

import structlog
from nats.js import api
from nats.js.errors import NotFoundError
from pydantic import ValidationError

from broker.connection import Broker
from broker.failures import in_our_words
from contracts import subjects, topology
from contracts.events import JobEvent, job_event

log = structlog.get_logger(__name__)

_BATCH: Final = 1000
_IDLE_S: Final = 30.0
_PATIENCE_S: Final = 5.0


class EventLog:
    """Reads what a job's followers may have missed."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def of_job(self, job_id: str) -> list[JobEvent]:
        """All that is known to have been told of a job, in order; nothing if the broker was
        started again since. Raises: BrokerUnavailable."""
        with in_our_words("reading a job's progress"):
            try:
                info = await self._broker.jetstream.add_consumer(
                    topology.EVENTS,
                    api.ConsumerConfig(
                        filter_subject=subjects.event_log(job_id),
                        deliver_policy=api.DeliverPolicy.ALL,
                        ack_policy=api.AckPolicy.NONE,
                        inactive_threshold=_IDLE_S,
                        mem_storage=True,
                    ),
                )
            except NotFoundError:
                return []
            payloads = await self._read(info.name, info.num_pending or 0)
        found: list[JobEvent] = []
        for payload in payloads:
            try:
                found.append(job_event.validate_json(payload))
            except ValidationError:
                log.debug("not one of our events", job_id=job_id)
        # It goes by itself too, a moment later.
        with contextlib.suppress(NotFoundError), in_our_words("reading a job's progress"):
            await self._broker.jetstream.delete_consumer(topology.EVENTS, info.name)
        return found

    async def _read(self, consumer: str, count: int) -> list[bytes]:
        """What a consumer has, without waiting for more."""
        client = self._broker.client
        found: list[bytes] = []
        inbox = client.new_inbox()
        subscription = await client.subscribe(inbox)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                while len(found) < count:
                    wanted = min(_BATCH, count - len(found))
                    await client.publish(
                        f"$JS.API.CONSUMER.MSG.NEXT.{topology.EVENTS}.{consumer}",
                        json.dumps({"batch": wanted, "no_wait": True}).encode(),
                        reply=inbox,
                    )
                    for _ in range(wanted):
                        message = await subscription.next_msg(timeout=_PATIENCE_S)
                        if not message.reply.startswith("$JS.ACK."):
                            return found  # some have expired since they were counted
                        found.append(message.data)
        finally:
            if client.is_connected:
                await subscription.unsubscribe()
        return found
