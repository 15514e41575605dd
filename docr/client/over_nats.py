"""The client's calls straight to the broker."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from broker.announcements import Announcements
from broker.connection import Broker, BrokerAddress
from broker.event_feed import EventFeed
from broker.fleet import Fleet
from broker.handing_in import HandIn
from broker.job_catalogue import JobCatalogue
from broker.job_control import JobControl
from broker.job_store import JobStore
from broker.made_formats import MadeFormats
from broker.output_reader import OutputReader
from broker.readiness import Readiness
from broker.refusals import refusals_told
from broker.sealing import seal_by_service
from contracts.errors import BrokerUnavailable, JobStateConflict, JobUnknown, OcrError
from contracts.events import JobEvent, JobFinished
from contracts.fleet import FleetStatus
from contracts.ids import checked_token
from contracts.job_state import JobList, JobState
from contracts.jobs import JobSummary
from contracts.option_headers import HEADER_SEALED_PASSWORD
from docr.client.address import Address
from docr.client.asking import Asked
from docr.client.transport import AWAY_S, HandedIn, OutputKind, format_of
from docr.patience import patiently


class OverNats:
    """Sets nothing up, and serves nobody: it asks."""

    def __init__(self, address: Address) -> None:
        self._address = BrokerAddress(
            url=address.url, credentials=address.creds, ca_file=address.ca_file
        )
        self._broker: Broker | None = None
        self._hand_in: HandIn | None = None
        self._opening = asyncio.Lock()
        self._closed = False

    async def open(self) -> None:
        """Raises: BrokerUnavailable, also if no service has ever run; BrokerUnsuitable."""
        await self._connected()

    async def _connected(self) -> Broker:
        async with self._opening:
            if self._closed:
                raise OcrError("this client is closed; make another one")
            if self._broker is None:
                broker = await Broker.connect(self._address, name="docr client", quiet=True)
                try:
                    with refusals_told(broker):
                        await Readiness(broker).check()
                except BaseException:
                    await broker.close()
                    raise
                broker.quiet = False
                self._broker = broker
            return self._broker

    async def submit(self, pieces: Callable[[], AsyncGenerator[bytes]], asked: Asked) -> HandedIn:
        broker = await self._connected()
        if self._hand_in is None:
            self._hand_in = HandIn(broker)
        headers = {}
        if asked.password is not None:
            headers[HEADER_SEALED_PASSWORD] = await seal_by_service(broker, asked.password)
        async with aclosing(pieces()) as content:
            accepted = await self._hand_in.submit(
                content,
                job_id=asked.job_id,
                options=asked.options,
                filename=asked.filename,
                headers=headers,
            )
        return HandedIn(job_id=accepted.job_id, known=accepted.known)

    async def state(self, job_id: str) -> JobState:
        broker = await self._connected()
        return await JobCatalogue(broker).state(_checked(job_id))

    async def page(self, *, limit: int, cursor: str | None, state: str | None) -> JobList:
        broker = await self._connected()
        catalogue = JobCatalogue(broker)
        return await catalogue.page(limit=limit, cursor=cursor, state=state)

    async def cancel(self, job_id: str) -> JobState:
        broker = await self._connected()
        await JobControl(broker).cancel(_checked(job_id))
        return await JobCatalogue(broker).state(job_id)

    async def delete(self, job_id: str) -> None:
        await JobControl(await self._connected()).delete(_checked(job_id))

    async def output(self, job_id: str, kind: OutputKind) -> AsyncGenerator[bytes]:
        broker = await self._connected()
        summary = await JobStore(broker).summary(_checked(job_id), certain=True)
        if summary is None:
            state = (await JobCatalogue(broker).state(job_id)).state
            raise JobStateConflict(
                f"job {job_id} is {state}; wait for its end, 'docr watch {job_id}' tells it"
            )
        found = await MadeFormats(broker).get(summary, format_of(kind))
        async with aclosing(OutputReader(broker).read(found)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def follow(self, job_id: str, *, from_now: bool) -> AsyncGenerator[JobEvent | JobSummary]:
        broker = await self._connected()
        await patiently(lambda: JobCatalogue(broker).state(_checked(job_id)))
        clock = asyncio.get_running_loop().time
        heard = clock()
        async with aclosing(EventFeed(broker).follow(job_id, from_now=from_now)) as told:
            async for event in told:
                if event is not None:
                    heard = clock()
                    yield event
                if event is None or isinstance(event, JobFinished):
                    try:
                        summary = await _summary_of(broker, job_id)
                    except BrokerUnavailable:
                        if clock() - heard > AWAY_S:
                            raise
                        continue
                    heard = clock()
                    if summary is not None:
                        yield summary
                        return

    async def follow_all(self) -> AsyncGenerator[JobEvent]:
        async with Announcements(await self._connected()).events() as queue:
            while True:
                yield await queue.get()

    async def nodes(self) -> FleetStatus:
        broker = await self._connected()
        return await Fleet(broker).status()

    async def close(self) -> None:
        self._closed = True
        if self._broker is not None:
            await self._broker.close()


def _checked(job_id: str) -> str:
    return checked_token(job_id, what="job id")


async def _summary_of(broker: Broker, job_id: str) -> JobSummary | None:
    """None while the job goes on. Raises: JobUnknown if it was deleted; BrokerUnavailable."""
    summary = await JobStore(broker).summary(job_id, certain=True)
    if summary is None and await JobCatalogue(broker).find(job_id) is None:
        raise JobUnknown(f"job {job_id} is not there any more; it was deleted")
    return summary
