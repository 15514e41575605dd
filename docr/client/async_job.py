"""One job, as an asyncio program sees it."""

import asyncio
import os
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from contracts.errors import (
    BrokerUnavailable,
    FormatBeingMade,
    InvalidOption,
    MessageUndecodable,
)
from contracts.events import JobEvent
from contracts.job_state import JobState, of_summary
from contracts.jobs import JobSummary
from docr.client.result import Result
from docr.client.told_once import told_once
from docr.client.transport import OUTPUT_KINDS, OutputKind, Transport
from docr.patience import patiently

_PAUSE_S: Final = 0.5


class AsyncJob:
    """A handle: nothing is asked before a method is called.

    Methods raise JobUnknown for a job that never was, was deleted or has expired, and
    BrokerUnavailable when the system cannot be reached.
    """

    def __init__(self, transport: Transport, job_id: str, *, known: bool = False) -> None:
        self._transport = transport
        self.id = job_id
        # Whether the same document had been handed in under this id before.
        self.known = known

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.id!r})"

    async def state(self) -> JobState:
        """How far it is, or how it ended."""
        return await self._patiently(lambda: self._transport.state(self.id))

    async def events(self) -> AsyncGenerator[JobEvent]:
        """Its progress, from the beginning as far as that is still known, each step once; the last
        one is JobFinished. Goes on over lost connections.

        Leave it early with `contextlib.aclosing`, so that it ends at once.
        """
        async with aclosing(told_once(self._transport.follow(self.id, from_now=False))) as told:
            async for event in told:
                yield event

    async def wait(self, timeout: float | None = None) -> JobState:  # noqa: ASYNC109 - see result
        """How it ended, once it has. `timeout` in s. Raises: TimeoutError."""
        async with (
            asyncio.timeout(timeout),
            aclosing(self._transport.follow(self.id, from_now=True)) as told,
        ):
            async for event in told:
                if isinstance(event, JobSummary):
                    return of_summary(event)
        raise BrokerUnavailable(f"nothing more is told of job {self.id}; ask for its state")

    async def result(self, timeout: float | None = None) -> Result:  # noqa: ASYNC109 - as in futures
        """All that was read, in memory as a whole, once the job has ended; `save` is for large
        ones. `timeout`: s to wait for its end. Raises: TimeoutError, ObjectMissing if it expired.
        """
        await self.wait(timeout)
        content = await self._whole("result")
        try:
            return await asyncio.to_thread(Result.model_validate_json, content)
        except ValidationError as wrong:
            raise MessageUndecodable(
                f"the result of job {self.id} was written by another release "
                f"({wrong.error_count()} fields differ); use the same one, or save it as it is"
            ) from wrong

    async def text(self) -> str:
        """The text of all pages. Raises: JobStateConflict before its end."""
        return (await self._whole("text")).decode()

    async def markdown(self) -> str:
        """The Markdown of all pages. Raises: JobStateConflict before its end."""
        return (await self._whole("markdown")).decode()

    async def output(self, kind: OutputKind) -> AsyncGenerator[bytes]:
        """An output in chunks, as it is stored; a format that is not there yet is made first, and
        waited for. Raises: JobStateConflict before its end; FormatUnavailable."""
        checked = _checked(kind)
        while True:
            try:
                async with aclosing(self._transport.output(self.id, checked)) as chunks:
                    async for chunk in chunks:
                        yield chunk
            except FormatBeingMade:
                # Nothing of it has come yet. Asking waits until it is made, or for some time.
                await asyncio.sleep(_PAUSE_S)
            else:
                return

    async def save(self, path: str | os.PathLike[str], kind: OutputKind) -> None:
        """Writes an output to a file, which is there as a whole or not at all; one that is there is
        replaced. Raises: OSError, JobStateConflict before its end."""
        target = Path(path)
        partial = target.with_name(f".docr-{os.getpid()}-{secrets.token_hex(4)}.part")

        async def fetch() -> None:
            with await asyncio.to_thread(partial.open, "wb") as file:
                async with aclosing(self.output(kind)) as chunks:
                    async for chunk in chunks:
                        await asyncio.to_thread(file.write, chunk)

        try:
            await self._patiently(fetch)
            await asyncio.to_thread(partial.replace, target)
        finally:
            partial.unlink(missing_ok=True)

    async def cancel(self) -> JobState:
        """Asks for its end, with what has been read; `wait` for it. Raises: JobStateConflict if it
        has ended, or was cancelled before."""
        return await self._transport.cancel(self.id)

    async def delete(self) -> None:
        """Removes all that is kept of an ended job. Raises: JobStateConflict before its end."""
        await self._transport.delete(self.id)

    async def _patiently[T](self, work: Callable[[], Awaitable[T]]) -> T:
        """As `patiently`, but a system that was never reached is not waited for."""
        await self._transport.open()
        return await patiently(work)

    async def _whole(self, kind: OutputKind) -> bytes:
        async def fetch() -> bytes:
            async with aclosing(self.output(kind)) as chunks:
                return b"".join([chunk async for chunk in chunks])

        return await self._patiently(fetch)


def _checked(kind: OutputKind) -> OutputKind:
    if kind not in OUTPUT_KINDS:
        raise InvalidOption(f"{kind!r} is no output; choose one of: {', '.join(OUTPUT_KINDS)}")
    return kind
