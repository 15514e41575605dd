"""What a client needs of the system, whichever way it speaks to it."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from contracts.events import JobEvent
from contracts.fleet import FleetStatus
from contracts.job_state import JobList, JobState
from contracts.jobs import JobSummary
from contracts.output_formats import OUTPUT_FORMATS, OutputFormat
from docr.client.asking import Asked

# result is json under its older name.
OutputKind = Literal["result"] | OutputFormat
OUTPUT_KINDS: Final[tuple[OutputKind, ...]] = ("result", *OUTPUT_FORMATS)


def format_of(kind: OutputKind) -> OutputFormat:
    """The output's format."""
    return "json" if kind == "result" else kind


# For how long those who follow a job wait for a system that is away.
AWAY_S: Final = 60.0


@dataclass(frozen=True, kw_only=True)
class HandedIn:
    """`known`: the same document was handed in under this id before."""

    job_id: str
    known: bool


class Transport(Protocol):
    """Calls raise contracts.errors, the same on every transport: JobUnknown, JobStateConflict,
    JobIdTaken, InvalidOption, StoreFull, BrokerUnavailable; ObjectMissing for expired outputs."""

    async def open(self) -> None:
        """Connects, if it is not connected."""

    async def submit(self, pieces: Callable[[], AsyncGenerator[bytes]], asked: Asked) -> HandedIn:
        """On return the document is durably accepted."""
        ...

    async def state(self, job_id: str) -> JobState: ...

    async def page(self, *, limit: int, cursor: str | None, state: str | None) -> JobList: ...

    async def cancel(self, job_id: str) -> JobState: ...

    async def delete(self, job_id: str) -> None: ...

    def output(self, job_id: str, kind: OutputKind) -> AsyncGenerator[bytes]:
        """An output of an ended job, in chunks; made first, if need be. Raises also:
        FormatUnavailable; FormatBeingMade: ask again."""
        ...

    def follow(self, job_id: str, *, from_now: bool) -> AsyncGenerator[JobEvent | JobSummary]:
        """Progress, as far as it is still known, or `from_now`; at the end the summary. Goes on
        over lost connections, and may then tell again what it told before."""
        ...

    def follow_all(self) -> AsyncGenerator[JobEvent]:
        """The progress of all jobs from now on, without end."""
        ...

    async def nodes(self) -> FleetStatus: ...

    async def close(self) -> None: ...
