"""The client's calls to a gateway."""

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager
from typing import Any, Final

import httpx
from pydantic import BaseModel, ValidationError

from contracts.errors import BrokerUnavailable, MessageUndecodable, OcrError
from contracts.events import JobEvent
from contracts.fleet import FleetStatus
from contracts.ids import checked_token
from contracts.job_state import JobList, JobState
from contracts.jobs import JobSummary
from contracts.option_headers import HEADER_PASSWORD
from contracts.sealed_password import as_password_header
from docr.client.address import Address
from docr.client.asking import Asked
from docr.client.following import follow_job, follow_open_jobs
from docr.client.refusals import refusal
from docr.client.transport import HandedIn, OutputKind
from docr.patience import patiently

# The gateway's heartbeats on an event stream come far more often.
_TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)
# A follower of each job holds a connection.
_LIMITS: Final = httpx.Limits(max_connections=None, max_keepalive_connections=20)


class _Accepted(BaseModel):
    """What POST /jobs answers."""

    job_id: str
    known: bool = False


class OverHttp:
    """Speaks to `Address.url`, with the key as a bearer token."""

    def __init__(self, address: Address) -> None:
        self._url = address.url
        self._key = address.api_key
        self._client: httpx.AsyncClient | None = None
        self._closed = False

    async def open(self) -> None:
        """Nothing is asked before the first call."""
        self._opened()

    def _opened(self) -> httpx.AsyncClient:
        if self._closed:
            raise OcrError("this client is closed; make another one")
        if self._client is None:
            self._client = httpx.AsyncClient(
                base_url=self._url,
                headers={"Authorization": f"Bearer {self._key}"} if self._key else {},
                timeout=_TIMEOUT,
                limits=_LIMITS,
                follow_redirects=True,
            )
        return self._client

    @asynccontextmanager
    async def _ask(
        self, method: str, path: str, *, submitting: bool = False, **more: Any
    ) -> AsyncIterator[httpx.Response]:
        """An answer that is no refusal, its body not yet read. Raises: as Transport says."""
        try:
            async with self._opened().stream(method, path, **more) as response:
                if not response.is_success:
                    await response.aread()
                    raise refusal(response, submitting=submitting)
                yield response
        except (httpx.TransportError, httpx.StreamError) as broken:
            raise BrokerUnavailable(
                f"no gateway answers at {self._url} ({str(broken) or type(broken).__name__}); "
                "check that it runs and that the address is right (--url, OCR_URL)"
            ) from broken
        except (httpx.InvalidURL, httpx.TooManyRedirects) as wrong:
            raise OcrError(
                f"{self._url} cannot be used ({wrong}); give http://HOST:8000 of a gateway"
            ) from wrong

    async def _json(self, method: str, path: str, **more: Any) -> bytes:
        async with self._ask(method, path, **more) as response:
            return await response.aread()

    async def submit(self, pieces: Callable[[], AsyncGenerator[bytes]], asked: Asked) -> HandedIn:
        query = asked.options.to_query()
        # A name of bytes that are not UTF-8 has no spelling in a URL.
        query["filename"] = asked.filename.encode("utf-8", "surrogateescape").decode(
            "utf-8", "replace"
        )
        headers = {"Content-Type": "application/octet-stream"}
        if asked.password is not None:
            headers[HEADER_PASSWORD] = as_password_header(asked.password)
        if asked.given_key is not None:
            headers["Idempotency-Key"] = asked.given_key
        # Always under an identity of ours: a try whose answer was lost is the same job.
        if asked.given_id is not None or asked.given_key is None:
            query["job_id"] = asked.job_id
        async with aclosing(pieces()) as content:
            answer = await self._json(
                "POST", "/jobs", submitting=True, params=query, headers=headers, content=content
            )
        with self._readable():
            accepted = _Accepted.model_validate_json(answer)
        return HandedIn(job_id=accepted.job_id, known=accepted.known)

    async def state(self, job_id: str) -> JobState:
        answer = await self._json("GET", _job(job_id))
        with self._readable():
            return JobState.model_validate_json(answer)

    async def page(self, *, limit: int, cursor: str | None, state: str | None) -> JobList:
        asked_for = {"limit": limit, "cursor": cursor, "state": state}
        query = {name: value for name, value in asked_for.items() if value is not None}
        answer = await self._json("GET", "/jobs", params=query)
        with self._readable():
            return JobList.model_validate_json(answer)

    async def cancel(self, job_id: str) -> JobState:
        answer = await self._json("DELETE", _job(job_id))
        with self._readable():
            return JobState.model_validate_json(answer)

    async def delete(self, job_id: str) -> None:
        await self._json("DELETE", _job(job_id), params={"purge": "true"})

    async def output(self, job_id: str, kind: OutputKind) -> AsyncGenerator[bytes]:
        async with self._ask("GET", f"{_job(job_id)}/{kind}") as response:
            async for chunk in response.aiter_bytes():
                yield chunk

    async def follow(self, job_id: str, *, from_now: bool) -> AsyncGenerator[JobEvent | JobSummary]:
        state = await patiently(lambda: self.state(job_id))
        # The id of an event is the number of pages done: what is up to it is left out.
        after = str(state.pages_done) if from_now and not state.has_ended else None

        @asynccontextmanager
        async def listen(last_id: str | None) -> AsyncIterator[AsyncIterator[bytes]]:
            headers = {"Accept": "text/event-stream"}
            if last_id is not None:
                headers["Last-Event-ID"] = last_id
            async with self._ask("GET", f"{_job(job_id)}/events", headers=headers) as response:
                yield response.aiter_bytes()

        async with aclosing(follow_job(listen, after=after)) as told:
            async for event in told:
                yield event

    async def follow_all(self) -> AsyncGenerator[JobEvent]:
        async with aclosing(follow_open_jobs(self)) as told:
            async for event in told:
                yield event

    async def nodes(self) -> FleetStatus:
        answer = await self._json("GET", "/workers/status")
        with self._readable():
            return FleetStatus.model_validate_json(answer)

    async def close(self) -> None:
        self._closed = True
        if self._client is not None:
            await self._client.aclose()

    @contextlib.contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except ValidationError as wrong:
            raise MessageUndecodable(
                f"what answers at {self._url} is no gateway of this release "
                f"({wrong.error_count()} fields of its answer are missing or wrong); check the "
                "address (--url, OCR_URL)"
            ) from wrong


def _job(job_id: str) -> str:
    return f"/jobs/{checked_token(job_id, what='job id')}"
