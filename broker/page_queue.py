"""The work queue of pages: stream PAGES, and the bucket for images over the message limit."""

import secrets
from collections.abc import Iterable, Mapping
from typing import Final

from broker.connection import Broker
from broker.delivery import Delivery
from broker.job_marks import JobMarks
from broker.page_images import PageImages
from broker.page_room import has_room
from broker.publishing import names_object, publish_when_possible
from broker.pull import Puller
from broker.pulling import Pulling
from broker.purging import purge
from contracts import subjects, topology
from contracts.codec import decode, encode
from contracts.errors import StoreFull
from contracts.ids import is_token
from contracts.job_identity import HEADER_MESSAGE_ID
from contracts.job_options import PRIORITIES
from contracts.languages import SCRIPTS, Script, script_of
from contracts.option_headers import HEADER_OBJECT
from contracts.pages import PageTask
from contracts.trace_context import TraceContext
from tracing.work import trace_headers

HEADER_PAGE_INDEX: Final = "Ocr-Page-Index"


class PageQueue:
    """Where ingest puts pages; it waits while the job has enough of them in the queue."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._images = PageImages(broker)

    async def publish(self, task: PageTask, *, give_up_after_s: float | None = None) -> None:
        """Puts a page into the queue, once it has room; on return it is stored.

        Publishing a page twice is harmless: its first result counts.
        Raises: StoreFull and BrokerUnavailable after `give_up_after_s`.
        """
        payload = encode(task)
        headers = {
            # Saves reading a page twice when a PubAck was lost; correctness does not rest on it.
            HEADER_MESSAGE_ID: f"{task.job_id}.{task.page_index}",
            # For a node that cannot decode the rest: the page must end all the same.
            HEADER_PAGE_INDEX: str(task.page_index),
            **trace_headers(),
        }
        if len(payload) > self._broker.max_message_bytes:
            # A name of its own for every try: a node may be reading the one before.
            name = f"{task.job_id}/page-{task.page_index}-{secrets.token_hex(4)}"
            headers[HEADER_OBJECT] = name
            await self._images.put(name, task.image)
            payload = encode(task.model_copy(update={"image": b"", "image_object": name}))
        name = headers.get(HEADER_OBJECT, "")
        try:
            stored = await publish_when_possible(
                self._broker,
                _subject_of(task),
                payload,
                headers,
                give_up_after_s=give_up_after_s,
            )
        except StoreFull:
            # Refused, so that nothing names it: the next try puts one of its own.
            if name:
                await self._images.delete(name)
            raise
        if (
            stored.duplicate
            and name
            and not await names_object(self._broker, topology.PAGES, stored.sequence, name)
        ):
            await self._images.delete(name)

    async def has_room(self, task: PageTask) -> bool:
        """Whether it is worth publishing the page now. Raises: BrokerUnavailable."""
        return await has_room(self._broker, _subject_of(task), size=len(task.image))

    async def remove_all_of(self, job_id: str) -> None:
        """Takes all pages of a job out of the queue, those in nodes' hands included: what is read
        of them comes too late. Raises: BrokerUnavailable."""
        await purge(
            self._broker,
            topology.PAGES,
            subject=subjects.pages_of_job(job_id),
            doing="taking a job's pages out of the queue",
        )


def _subject_of(task: PageTask) -> str:
    return subjects.page(
        priority=task.priority,
        script=script_of(task.language),
        tenant=task.tenant,
        job_id=task.job_id,
    )


def page_identity(subject: str, headers: Mapping[str, str]) -> tuple[str, int] | None:
    """(job id, page index) of a page message, without decoding it; None if it is none of ours."""
    job_id = subject.rpartition(".")[2]
    try:
        page_index = subjects.page_index_of(headers.get(HEADER_PAGE_INDEX, ""))
    except ValueError:
        return None
    return (job_id, page_index) if is_token(job_id) else None


class PageDelivery:
    """A page in a node's hands."""

    def __init__(self, delivery: Delivery, *, images: PageImages) -> None:
        self.delivery = delivery
        self._images = images
        self._image_object: str | None = None
        self._told: PageTask | None = None

    @property
    def told(self) -> PageTask | None:
        """The task as its message tells it, without an image that lies in the bucket; None until
        `task` was asked for, or where nothing can be decoded."""
        return self._told

    def identity(self) -> tuple[str, int] | None:
        """(job id, page index) by subject and header, without decoding; None if not one of ours."""
        return page_identity(self.delivery.subject, self.delivery.headers)

    @property
    def trace(self) -> TraceContext | None:
        """The trace that the page belongs to, None if it came without one."""
        return TraceContext.of_headers(self.delivery.headers)

    def about(self) -> dict[str, str | int]:
        """Whose page it is, for logs; empty if it is not one of ours."""
        identity = self.identity()
        return {} if identity is None else {"job_id": identity[0], "page_index": identity[1]}

    async def task(self) -> PageTask:
        """The page's task, its image fetched if it came by the bucket.

        Raises: MessageUndecodable, ObjectMissing, BrokerUnavailable.
        """
        task = self._told = decode(self.delivery.payload, PageTask)
        if task.image_object is None:
            return task
        self._image_object = task.image_object
        image = await self._images.read_all(task.image_object)
        return task.model_copy(update={"image": image, "image_object": None})

    async def finish(self) -> None:
        """Done: the page leaves the queue, its image the bucket. Raises: BrokerUnavailable."""
        await self.delivery.ack()
        if self._image_object is not None:
            await self._images.delete(self._image_object)


class PagePuller(Pulling):
    """A node's end of the queue: pages of the scripts that it reads, interactive ones first."""

    def __init__(
        self,
        broker: Broker,
        *,
        scripts: Iterable[Script] = SCRIPTS,
        renew_every_s: float = 10.0,
    ) -> None:
        self._images = PageImages(broker)
        self._marks = JobMarks(broker)
        super().__init__(
            Puller(
                broker,
                stream=topology.PAGES,
                keep_alive_s=renew_every_s,
                give_back=self._give_back,
                consumers=[
                    topology.page_consumer(priority, script)
                    for priority in PRIORITIES
                    for script in scripts
                ],
            )
        )

    async def pull(self) -> PageDelivery | None:
        """The next page, or None after about a second. Raises: BrokerUnavailable."""
        delivery = await self._puller.next()
        return None if delivery is None else PageDelivery(delivery, images=self._images)

    async def ask_ahead(self) -> None:
        """Fetches the next page for `pull`, if there is one; it is held meanwhile, and given back
        in the end if nobody pulls it. Raises: BrokerUnavailable."""
        await self._puller.ask_ahead()

    async def give_back(self, page: PageDelivery) -> None:
        """Back to the queue, and noted: the queue counts a hand-over, but no attempt began.

        Raises: BrokerUnavailable; the page then comes back when its lease ends."""
        await self._give_back(page.delivery)

    async def _give_back(self, delivery: Delivery) -> None:
        identity = PageDelivery(delivery, images=self._images).identity()
        if identity is not None:
            await self._marks.note_returned(*identity, number=delivery.number)
        await delivery.nak(0)
