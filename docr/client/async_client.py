"""A running system, as an asyncio program sees it."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from types import TracebackType
from typing import Final, Self

from contracts.errors import InvalidOption
from contracts.events import JobEvent
from contracts.fleet import FleetStatus
from contracts.job_state import ENDED, JobState
from docr.client.address import Address, address_of
from docr.client.asking import Formats, asked
from docr.client.async_job import AsyncJob
from docr.client.document import Content, Document
from docr.client.quiet import be_quiet
from docr.client.transport import Transport
from docr.patience import GIVE_UP_AFTER_S, patiently

_JOBS_AT_ONCE: Final = 100
_STATES: Final = frozenset({"queued", "running", "cancelling"}) | ENDED


class AsyncClient:
    """Speaks to a broker (`nats://...`) or a gateway (`http://...`); both do the same.

    `url`: default OCR_URL, else NATS_URL; `api_key` (OCR_API_KEY) for a gateway, `creds`
    (NATS_CREDS), the path of a .creds file, for a broker. An async context manager, which connects;
    without it, the first call does, and `close` ends it. Raises: InvalidOption.
    """

    def __init__(
        self, url: str | None = None, api_key: str | None = None, creds: str | None = None
    ) -> None:
        be_quiet()
        self._transport = _transport(address_of(url, api_key, creds))

    async def submit(
        self,
        content: Content,
        *,
        filename: str | None = None,
        language: str | None = None,
        dpi: int | None = None,
        pages: str | None = None,
        priority: str | None = None,
        tenant: str | None = None,
        deadline_s: float | None = None,
        formats: Formats | None = None,
        mode: str | None = None,
        quality: str | None = None,
        running_heads: str | None = None,
        password: str | None = None,
        job_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> AsyncJob:
        """Hands in a document: a path, its bytes, or a file opened with mode 'rb'; on return it is
        durably accepted. About 1 MB of a file is in memory at a time.

        What is left open is what the system's settings say. `pages` like 1-3,7; `priority`
        interactive or bulk; `deadline_s` in whole s from now; `mode` auto, ocr or text; `quality`
        fast, balanced or best; `running_heads` keep or drop; `formats` that the job's end waits
        for, like pdf,alto or ["pdf"]: every other one is made when it is asked for; `password`
        opens an encrypted PDF or ZIP, and is stored by nobody in clear. The same document under
        the same `job_id` or `idempotency_key` is the same job (`job.known`), also after its end.
        A connection that breaks meanwhile is made again for 30 s, where the content can be read
        again. What is wrong with the document itself, the job's summary says.

        Raises: OSError if the file cannot be read; InvalidOption, JobIdTaken; StoreFull;
        BrokerUnavailable (it may have been accepted all the same: try again under the same id).
        """
        document = Document(content, filename=filename)
        wanted = asked(
            filename=document.filename,
            language=language,
            dpi=dpi,
            pages=pages,
            priority=priority,
            tenant=tenant,
            deadline_s=deadline_s,
            formats=formats,
            mode=mode,
            quality=quality,
            running_heads=running_heads,
            password=password,
            job_id=job_id,
            idempotency_key=idempotency_key,
        )
        await self._transport.open()
        accepted = await patiently(
            lambda: self._transport.submit(document.pieces, wanted),
            give_up_after_s=GIVE_UP_AFTER_S if document.repeatable else -1.0,
        )
        return AsyncJob(self._transport, accepted.job_id, known=accepted.known)

    def job(self, job_id: str) -> AsyncJob:
        """A handle to a job that was handed in before, by whomever."""
        return AsyncJob(self._transport, job_id)

    async def jobs(
        self, limit: int | None = None, state: str | None = None
    ) -> AsyncGenerator[JobState]:
        """Jobs, those that go on first, then the ended ones, the latest first; of one `state`, and
        up to `limit`. Raises: InvalidOption, BrokerUnavailable."""
        if limit is not None and limit < 1:
            raise InvalidOption(f"a limit of {limit} is out of range; choose 1 or more")
        if state is not None and state not in _STATES:
            raise InvalidOption(f"state {state!r} is none of: {', '.join(sorted(_STATES))}")
        left = limit
        cursor: str | None = None
        while left is None or left > 0:
            found = await self._transport.page(
                limit=min(_JOBS_AT_ONCE, left or _JOBS_AT_ONCE), cursor=cursor, state=state
            )
            for job in found.jobs:
                yield job
            if left is not None:
                left -= len(found.jobs)
            if (cursor := found.cursor) is None:
                return

    async def events(self) -> AsyncGenerator[JobEvent]:
        """The progress of all jobs from now on, without end; best effort. Leave it with
        `contextlib.aclosing`."""
        async with aclosing(self._transport.follow_all()) as told:
            async for event in told:
                yield event

    async def nodes(self) -> FleetStatus:
        """The nodes that told of themselves in the last hour. Raises: BrokerUnavailable."""
        return await self._transport.nodes()

    async def close(self) -> None:
        """Ends the connection; jobs go on."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        await self._transport.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


def _transport(address: Address) -> Transport:
    # Each brings libraries of its own, which the other does not need.
    if address.kind == "http":
        from docr.client.over_http import OverHttp  # noqa: PLC0415

        return OverHttp(address)
    from docr.client.over_nats import OverNats  # noqa: PLC0415

    return OverNats(address)
