"""The NATS micro service `ocr-jobs`: documents handed in with an answer, and questions about jobs.

`nats micro info ocr-jobs` shows what it can be asked.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

import structlog

from broker.connection import Broker
from broker.handing_in import HandIn
from broker.job_catalogue import JobCatalogue
from broker.job_control import JobControl
from broker.micro import Endpoint, micro_service
from broker.release import release
from contracts.errors import BrokerUnavailable, DocumentRejected, InvalidOption, StoreFull
from contracts.job_options import MAX_FILENAME_CHARS, JobOptions
from contracts.option_headers import (
    HEADER_FILENAME,
    HEADER_PASSWORD,
    HEADER_SEALED_PASSWORD,
    OPTION_HEADERS,
    with_known_names,
)
from contracts.sealed_password import PasswordSeal, checked_password, sealed
from ingest.job_requests import asked_job_id, list_request, new_job_id_of
from ingest.password import sealed_headers

log = structlog.get_logger(__name__)

NAME: Final = "ocr-jobs"
_RETRY_S: Final = 1.0
_BY_BUCKET: Final = "nats object put UPLOADS FILE"
_JOB: Final = 'a job id, as it is or as {"job_id": ...}'
_STATE: Final = (
    '{"job_id", "state": queued | running | cancelling | success | partial_success | failed | '
    'cancelled, "filename", "tenant", "submitted_at", "total_pages", "pages_done", "ended_at", '
    '"revision", "metrics", "error_count"}'
)


class JobService:
    """Answers `ocr.jobs.*`; one of all ingests answers each request."""

    def __init__(self, broker: Broker, *, defaults: JobOptions, seal: PasswordSeal | None) -> None:
        self._broker = broker
        self._seal = seal
        self._defaults = defaults
        self._hand_in = HandIn(broker)
        self._catalogue = JobCatalogue(broker)
        self._control = JobControl(broker)

    async def run(self, stop: asyncio.Event) -> None:
        """Answers until `stop` is set, or it is cancelled."""
        while not stop.is_set():
            try:
                async with micro_service(
                    self._broker,
                    name=NAME,
                    version=release(),
                    description="OCR jobs: hand in documents, ask how far they are, end them",
                    endpoints=self._endpoints(),
                ):
                    await stop.wait()
            except BrokerUnavailable as wait:
                log.debug("service ocr-jobs waits", reason=str(wait))
                await asyncio.sleep(_RETRY_S)

    def _endpoints(self) -> list[Endpoint]:
        return [
            Endpoint(
                name="submit",
                subject="ocr.jobs.submit",
                handler=self._submit,
                description=f"hand in a document; a larger one with: {_BY_BUCKET}",
                request=(
                    f"the document, at most {self._broker.max_message_bytes} bytes; "
                    f"headers, all optional: {', '.join((*OPTION_HEADERS, HEADER_PASSWORD))}"
                ),
                answer='{"job_id", "state": "queued", "known": whether it was handed in before}',
            ),
            Endpoint(
                name="seal",
                subject="ocr.jobs.seal",
                handler=self._seal_password,
                description="a password as it may be stored with a document",
                request="the password of a document, as text",
                answer=f'{{"sealed": the value of header {HEADER_SEALED_PASSWORD}}}',
            ),
            Endpoint(
                name="get",
                subject="ocr.jobs.get",
                handler=self._get,
                description="how far a job is, or how it ended",
                request=_JOB,
                answer=_STATE,
            ),
            Endpoint(
                name="list",
                subject="ocr.jobs.list",
                handler=self._list,
                description="jobs, those that go on first, then the latest",
                request='nothing, or {"limit": 1 to 500, "cursor", "state", "tenant"}',
                answer=(
                    '{"jobs": [as of ocr.jobs.get, "metrics" with the first 10 errors], '
                    '"cursor": for those that follow, or null}'
                ),
            ),
            Endpoint(
                name="cancel",
                subject="ocr.jobs.cancel",
                handler=self._cancel,
                description="end a job with what has been read of it",
                request=_JOB,
                answer=_STATE,
            ),
            Endpoint(
                name="delete",
                subject="ocr.jobs.delete",
                handler=self._delete,
                description="remove all that is kept of an ended job",
                request=_JOB,
                answer='{"job_id", "deleted": true}',
            ),
        ]

    async def _submit(self, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        headers = with_known_names(headers)
        options = JobOptions.from_headers(headers, defaults=self._defaults)
        job_id = new_job_id_of(headers)
        if not body:
            raise DocumentRejected(
                "the request has no document in it; send a PDF or an image as its body, "
                f"or hand it in with '{_BY_BUCKET}'"
            )
        filename = unquote(headers.get(HEADER_FILENAME, ""))[:MAX_FILENAME_CHARS] or "document"
        try:
            accepted = await self._hand_in.submit(
                _once(body),
                job_id=job_id,
                options=options,
                filename=filename,
                headers=sealed_headers(headers, self._seal),
            )
        except StoreFull as full:
            raise StoreFull(
                "the queue of documents is full; try again in a minute, or hand it in with "
                f"'{_BY_BUCKET}', where it waits by itself"
            ) from full
        return {"job_id": accepted.job_id, "state": "queued", "known": accepted.known}

    async def _seal_password(self, body: bytes, _: Mapping[str, str]) -> dict[str, Any]:
        try:
            password = checked_password(body.decode())
        except UnicodeDecodeError:
            raise InvalidOption("the password is not text in UTF-8; send it again") from None
        return {"sealed": sealed(password, self._seal)}

    async def _get(self, body: bytes, _: Mapping[str, str]) -> Any:
        state = await self._catalogue.state(asked_job_id(body))
        return state.model_dump(mode="json")

    async def _list(self, body: bytes, _: Mapping[str, str]) -> Any:
        asked = list_request(body)
        limit = asked.limit
        while True:
            jobs = await self._catalogue.page(
                limit=limit, cursor=asked.cursor, state=asked.state, tenant=asked.tenant
            )
            told = jobs.model_dump(mode="json")
            # Metrics name every node: what does not fit is left to the cursor.
            if limit == 1 or len(json.dumps(told)) <= self._broker.max_message_bytes:
                return told
            limit = max(1, min(limit, len(jobs.jobs)) // 2)

    async def _cancel(self, body: bytes, _: Mapping[str, str]) -> Any:
        job_id = asked_job_id(body)
        await self._control.cancel(job_id)
        return (await self._catalogue.state(job_id)).model_dump(mode="json")

    async def _delete(self, body: bytes, _: Mapping[str, str]) -> dict[str, Any]:
        job_id = asked_job_id(body)
        await self._control.delete(job_id)
        return {"job_id": job_id, "deleted": True}


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body
