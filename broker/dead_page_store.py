"""Pages that were given up, with image and reason, for people to look at: stream DEAD_PAGES."""

import contextlib

import structlog
from nats.js.errors import NotFoundError

from broker.connection import Broker
from broker.failures import MAKE_STREAMS, in_our_words
from broker.page_images import PageImages
from broker.publishing import publish_when_possible
from broker.purging import purge
from broker.stored_messages import last_message
from broker.stream_subjects import subjects_of
from contracts import subjects, topology
from contracts.codec import decode, encode
from contracts.dead_pages import DeadPageRecord
from contracts.errors import BrokerUnavailable, MessageUndecodable

log = structlog.get_logger(__name__)


class DeadPageStore:
    """Keeps the latest death of each page, for as long as a setting says."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._images = PageImages(broker)

    async def keep(self, record: DeadPageRecord) -> None:
        """Stores a record, once there is room. An image that is too large for a message stays in
        its bucket. Raises: StoreFull and BrokerUnavailable if it has to be put there first."""
        subject = subjects.dead_page(job_id=record.job_id, page_index=record.page_index)
        payload = encode(record)
        if len(payload) > self._broker.max_message_bytes and record.task is not None:
            # An object of its own, which lives as long as the record does from now on.
            name = _image_name(record.job_id, record.page_index)
            await self._images.put(name, record.task.image)
            aside = record.task.model_copy(update={"image": b"", "image_object": name})
            payload = encode(record.model_copy(update={"task": aside}))
        await publish_when_possible(self._broker, subject, payload)

    async def all_of(self, job_id: str | None = None) -> list[tuple[str, int]]:
        """(job id, page index) of every dead page, of one job or of all, sorted. Raises:
        BrokerUnavailable."""
        wanted = subjects.DEAD_ALL if job_id is None else subjects.dead_pages_of(job_id)
        try:
            listed = await subjects_of(
                self._broker, topology.DEAD_PAGES, wanted, doing="listing dead pages"
            )
        except NotFoundError:
            raise BrokerUnavailable(
                f"the broker lacks stream {topology.DEAD_PAGES}; {MAKE_STREAMS}"
            ) from None
        found: list[tuple[str, int]] = []
        for subject in listed:
            # Written as results' subjects are; others' are not ours to show.
            with contextlib.suppress(ValueError):
                job, page_index = subjects.result_key(subject)
                if page_index is not None:
                    found.append((job, page_index))
        return sorted(found)

    async def get(
        self, *, job_id: str, page_index: int, with_image: bool = True
    ) -> DeadPageRecord | None:
        """A page's record with its image. Raises: ObjectMissing, BrokerUnavailable."""
        with in_our_words("reading a dead page"):
            try:
                found = await last_message(
                    self._broker.jetstream,
                    topology.DEAD_PAGES,
                    subjects.dead_page(job_id=job_id, page_index=page_index),
                )
            except NotFoundError:
                return None
        try:
            record = decode(found.data or b"", DeadPageRecord)
        except MessageUndecodable as wrong:
            log.warning("a dead page cannot be shown", job_id=job_id, reason=str(wrong))
            return None
        task = record.task
        if task is None or task.image_object is None or not with_image:
            return record
        image = await self._images.read_all(task.image_object)
        return record.model_copy(update={"task": task.model_copy(update={"image": image})})

    async def remove(self, job_id: str, page_index: int | None = None) -> None:
        """Forgets one dead page of a job, or all of them. Raises: BrokerUnavailable."""
        subject = (
            subjects.dead_pages_of(job_id)
            if page_index is None
            else subjects.dead_page(job_id=job_id, page_index=page_index)
        )
        await purge(
            self._broker, topology.DEAD_PAGES, subject=subject, doing="forgetting dead pages"
        )
        if page_index is not None:
            await self._images.delete(_image_name(job_id, page_index))


def _image_name(job_id: str, page_index: int) -> str:
    return f"{job_id}/dead-page-{page_index}"
