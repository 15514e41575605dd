"""A running system, as a plain script or a notebook sees it."""

import os
from collections.abc import Generator
from types import TracebackType
from typing import Self

from contracts.events import JobEvent
from contracts.fleet import FleetStatus
from contracts.job_state import JobState
from docr.client.asking import Formats
from docr.client.async_client import AsyncClient
from docr.client.async_job import AsyncJob
from docr.client.document import Content
from docr.client.loop_thread import LoopThread
from docr.client.result import Result
from docr.client.transport import OutputKind


class Job:
    """A handle; as AsyncJob, with calls that wait."""

    def __init__(self, thread: LoopThread, job: AsyncJob) -> None:
        self._thread = thread
        self._job = job
        self.id = job.id
        self.known = job.known

    def __repr__(self) -> str:
        return f"Job({self.id!r})"

    def state(self) -> JobState:
        """See AsyncJob.state."""
        return self._thread.run(self._job.state())

    def events(self) -> Generator[JobEvent]:
        """See AsyncJob.events."""
        return self._thread.iterate(self._job.events())

    def wait(self, timeout: float | None = None) -> JobState:
        """See AsyncJob.wait."""
        return self._thread.run(self._job.wait(timeout))

    def result(self, timeout: float | None = None) -> Result:
        """See AsyncJob.result."""
        return self._thread.run(self._job.result(timeout))

    def text(self) -> str:
        """See AsyncJob.text."""
        return self._thread.run(self._job.text())

    def markdown(self) -> str:
        """See AsyncJob.markdown."""
        return self._thread.run(self._job.markdown())

    def output(self, kind: OutputKind) -> Generator[bytes]:
        """See AsyncJob.output."""
        return self._thread.iterate(self._job.output(kind))

    def save(self, path: str | os.PathLike[str], kind: OutputKind) -> None:
        """See AsyncJob.save."""
        self._thread.run(self._job.save(path, kind))

    def cancel(self) -> JobState:
        """See AsyncJob.cancel."""
        return self._thread.run(self._job.cancel())

    def delete(self) -> None:
        """See AsyncJob.delete."""
        self._thread.run(self._job.delete())


class Client:
    """As AsyncClient, with calls that wait; it has an event loop in a thread of its own, so it
    works in notebooks too, whose loop is theirs. A context manager; `close` ends it."""

    def __init__(
        self, url: str | None = None, api_key: str | None = None, creds: str | None = None
    ) -> None:
        self._client = AsyncClient(url, api_key, creds)
        self._thread = LoopThread()

    def submit(
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
    ) -> Job:
        """See AsyncClient.submit."""
        job = self._thread.run(
            self._client.submit(
                content,
                filename=filename,
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
        )
        return Job(self._thread, job)

    def job(self, job_id: str) -> Job:
        """See AsyncClient.job."""
        return Job(self._thread, self._client.job(job_id))

    def jobs(self, limit: int | None = None, state: str | None = None) -> Generator[JobState]:
        """See AsyncClient.jobs."""
        return self._thread.iterate(self._client.jobs(limit, state))

    def events(self) -> Generator[JobEvent]:
        """See AsyncClient.events."""
        return self._thread.iterate(self._client.events())

    def nodes(self) -> FleetStatus:
        """See AsyncClient.nodes."""
        return self._thread.run(self._client.nodes())

    def close(self) -> None:
        """Ends the connection and the thread; jobs go on. Twice does no harm."""
        if not self._thread.closed:
            try:
                self._thread.run(self._client.close())
            finally:
                self._thread.close()

    def __enter__(self) -> Self:
        try:
            self._thread.run(self._client.__aenter__())
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
