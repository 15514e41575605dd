"""Messages of the work queues that nobody will ever be given.

After a kill of the broker an acked message can be in its stream again, while its consumer counts it
as done (docs/adr/0006-what-was-removed-may-come-back.md): it takes room and is handed to nobody.
"""

import sys
from datetime import datetime
from typing import Final

import structlog
from nats.js import api
from nats.js.errors import NotFoundError

from broker.connection import Broker
from broker.failures import in_our_words
from broker.job_store import JobStore
from broker.page_queue import page_identity
from broker.publishing import delete_message, publish_when_possible
from broker.results import Results
from contracts import subjects, topology
from contracts.job_identity import HEADER_MESSAGE_ID, job_id_of
from contracts.job_options import PRIORITIES
from contracts.languages import SCRIPTS
from contracts.option_headers import HEADER_JOB_ID

log = structlog.get_logger(__name__)

_CONSUMERS: Final = {
    topology.SUBMIT: {topology.INGEST},
    topology.PAGES: {
        topology.page_consumer(priority, script) for priority in PRIORITIES for script in SCRIPTS
    },
}
# What one look removes at the most; the next one goes on.
_AT_ONCE: Final = 256


class Leftovers:
    """Finds and removes them. One that is still needed is put into its queue again first: that was
    never seen, but nothing that was accepted may be lost to a wrong count."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._jobs = JobStore(broker)
        self._results = Results(broker)
        self._surplus: set[str] = set()  # streams that had more than their consumers know of

    async def remove(self) -> int:
        """Looks once; returns how many were removed. Raises: BrokerUnavailable."""
        removed = 0
        for stream in (topology.SUBMIT, topology.PAGES):
            for message in await self._done_for(stream):
                needed = (
                    await self._is_needed_submission(message)
                    if stream == topology.SUBMIT
                    else await self._is_needed_page(message)
                )
                if needed:
                    await self._publish_again(message)
                if not await delete_message(self._broker, stream, message.seq or 0):
                    continue
                log.info("a message that came back was removed", stream=stream, again=needed)
                removed += 1
        return removed

    async def _done_for(self, stream: str) -> list[api.RawStreamMsg]:
        """Messages that their consumers have put behind them, or that have no consumer. Images
        travel with what is looked at, so only a stream with a surplus is searched."""
        jetstream = self._broker.jetstream
        with in_our_words("looking for what came back"):
            last_before = (await jetstream.stream_info(stream)).state.last_seq
            # Consumers first: what they have done by now, they have done whatever comes after.
            consumers = await jetstream.consumers_info(stream)
            if not _CONSUMERS[stream] <= {each.name for each in consumers}:
                # A cluster that elects leaves out of its list who does not answer yet: what such a
                # consumer has still to hand over would look as if nobody was to have it.
                self._surplus.discard(stream)
                return []
            state = (await jetstream.stream_info(stream)).state
            expected = sum(
                (each.num_pending or 0) + (each.num_ack_pending or 0) for each in consumers
            )
            # What was published meanwhile looks the same as what came back, and a stream in which
            # work goes on is a look at hundreds of images.
            published = state.last_seq - last_before
            if state.messages - published <= expected:
                self._surplus.discard(stream)
                return []
            if stream not in self._surplus:
                # A replica may not have removed yet what was acked: the next look tells.
                self._surplus.add(stream)
                return []
            floors = {
                each.config.filter_subject or "": each.ack_floor.stream_seq
                for each in consumers
                if each.ack_floor is not None
            }
            found: list[api.RawStreamMsg] = []
            sequence = state.first_seq
            for _ in range(_AT_ONCE):
                try:
                    message = await jetstream.get_msg(stream, seq=sequence, subject=">", next=True)
                except NotFoundError:
                    break
                if (message.seq or 0) <= _floor_of(message.subject or "", floors):
                    found.append(message)
                sequence = (message.seq or sequence) + 1
        return found

    async def _is_needed_submission(self, message: api.RawStreamMsg) -> bool:
        # A manifest does not tell that all pages are in the queue; from its checkpoint on, ingest
        # puts them there again for little.
        return await self._jobs.summary(_job_id(message), certain=True) is None

    async def _is_needed_page(self, message: api.RawStreamMsg) -> bool:
        identity = page_identity(message.subject or "", message.headers or {})
        if identity is None:
            return False
        job_id, page_index = identity
        return await self._jobs.manifest(
            job_id, certain=True
        ) is not None and not await self._results.has_page(job_id=job_id, page_index=page_index)

    async def _publish_again(self, message: api.RawStreamMsg) -> None:
        headers = dict(message.headers or {})
        if message.subject == subjects.SUBMIT:
            headers[HEADER_JOB_ID] = _job_id(message)  # its place will be another
        # The broker would take it for the double that it is.
        headers.pop(HEADER_MESSAGE_ID, None)
        await publish_when_possible(
            self._broker, message.subject or "", message.data or b"", headers
        )


def _floor_of(subject: str, floors: dict[str, int]) -> int:
    return next(
        (
            floor
            for filter_subject, floor in floors.items()
            if subject.startswith(filter_subject.removesuffix(">"))
        ),
        sys.maxsize,  # no consumer at all: nobody will ever be given it
    )


def _job_id(message: api.RawStreamMsg) -> str:
    stored_at = message.time
    assert isinstance(stored_at, datetime)  # noqa: S101 - get_msg always sets it
    return job_id_of(message.headers or {}, stored_at=stored_at, stream_sequence=message.seq or 0)[
        0
    ]
