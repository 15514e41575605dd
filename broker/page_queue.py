"""The work queue of pages: stream PAGES, and the bucket for images over the message limit."""

from collections.abc import Iterable
from types import TracebackType
from typing import Final, Self

from broker.connection import Broker
from broker.delivery import Delivery
from broker.failures import in_our_words
from broker.job_marks import JobMarks
from broker.objects import ObjectBucket
from broker.publishing import publish_when_possible
from broker.pull import Puller
from contracts import subjects, topology
from contracts.codec import decode, encode
from contracts.job_options import PRIORITIES
from contracts.languages import SCRIPTS, Script, script_of
from contracts.pages import PageTask

HEADER_PAGE_INDEX: Final = "Ocr-Page-Index"


class PageQueue:
    """Where ingest puts pages; it waits while the job has enough of them in the queue."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._uploads = ObjectBucket(broker, name=topology.UPLOADS)

    async def publish(self, task: PageTask, *, give_up_after_s: float | None = None) -> None:
        """Puts a page into the queue, once it has room; on return it is stored.

        Publishing a page twice is harmless: its first result counts.
        Raises: StoreFull and BrokerUnavailable after `give_up_after_s`.
        """
        payload = encode(task)
        if len(payload) > self._broker.max_message_bytes:
            name = f"{task.job_id}/page-{task.page_index}"
            await self._uploads.put(name, task.image)
            payload = encode(task.model_copy(update={"image": b"", "image_object": name}))
        await publish_when_possible(
            self._broker,
            subjects.page(
                priority=task.priority,
                script=script_of(task.language),
                tenant=task.tenant,
                job_id=task.job_id,
            ),
            payload,
            # Saves reading a page twice when a PubAck was lost; correctness does not rest on it.
            {
                "Nats-Msg-Id": f"{task.job_id}.{task.page_index}",
                # For a node that cannot decode the rest: the page must end all the same.
                HEADER_PAGE_INDEX: str(task.page_index),
            },
            give_up_after_s=give_up_after_s,
        )

    async def remove_all_of(self, job_id: str) -> None:
        """Takes all pages of a job out of the queue, those in nodes' hands included: what is read
        of them comes too late. Raises: BrokerUnavailable."""
        with in_our_words("taking a job's pages out of the queue"):
            await self._broker.jetstream.purge_stream(
                topology.PAGES, subject=subjects.pages_of_job(job_id)
            )


class PageDelivery:
    """A page in a node's hands."""

    def __init__(self, delivery: Delivery, *, uploads: ObjectBucket) -> None:
        self.delivery = delivery
        self._uploads = uploads
        self._image_object: str | None = None

    def identity(self) -> tuple[str, int] | None:
        """(job id, page index) by subject and header, without decoding; None if not one of ours."""
        job_id = self.delivery.subject.rpartition(".")[2]
        page_index = self.delivery.headers.get(HEADER_PAGE_INDEX, "")
        return (job_id, int(page_index)) if page_index.isdecimal() else None

    async def task(self) -> PageTask:
        """The page's task, its image fetched if it came by the bucket.

        Raises: MessageUndecodable, ObjectMissing, BrokerUnavailable.
        """
        task = decode(self.delivery.payload, PageTask)
        if task.image_object is None:
            return task
        self._image_object = task.image_object
        image = await self._uploads.read_all(task.image_object)
        return task.model_copy(update={"image": image})

    async def finish(self) -> None:
        """Done: the page leaves the queue, its image the bucket. Raises: BrokerUnavailable."""
        await self.delivery.ack()
        if self._image_object is not None:
            await self._uploads.delete(self._image_object)


class PagePuller:
    """A node's end of the queue: pages of the scripts that it reads, interactive ones first."""

    def __init__(
        self,
        broker: Broker,
        *,
        scripts: Iterable[Script] = SCRIPTS,
        renew_every_s: float = 10.0,
    ) -> None:
        self._uploads = ObjectBucket(broker, name=topology.UPLOADS)
        self._marks = JobMarks(broker)
        self._puller = Puller(
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

    async def pull(self) -> PageDelivery | None:
        """The next page, or None after about a second. Raises: BrokerUnavailable."""
        delivery = await self._puller.next()
        return None if delivery is None else PageDelivery(delivery, uploads=self._uploads)

    async def give_back(self, page: PageDelivery) -> None:
        """Back to the queue, and noted: the queue counts a hand-over, but no attempt began.

        Raises: BrokerUnavailable; the page then comes back when its lease ends."""
        await self._give_back(page.delivery)

    async def _give_back(self, delivery: Delivery) -> None:
        identity = PageDelivery(delivery, uploads=self._uploads).identity()
        if identity is not None:
            await self._marks.note_returned(*identity)
        await delivery.nak(0)

    async def __aenter__(self) -> Self:
        await self._puller.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._puller.__aexit__(kind, value, trace)
