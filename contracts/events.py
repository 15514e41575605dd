"""Progress of a job as published, in JSON, on `ocr.events.<job_id>`."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from contracts.jobs import Status


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    job_id: str

    def identity(self) -> str | None:
        """The same for all who tell the same; None for what is told as often as it happens."""
        return None


class JobAccepted(_Event):
    """The document was opened; its pages are on their way."""

    event: Literal["accepted"] = "accepted"
    total_pages: int
    filename: str = ""

    def identity(self) -> str:
        return f"{self.job_id}.accepted"


class PageDone(_Event):
    """A page was read: `done` of `total` pages have ended, failed ones included."""

    event: Literal["page_done"] = "page_done"
    page_number: int
    done: int
    total: int
    worker: str | None = None
    attempts: int = 1
    duration_ms: float = 0.0  # of reading

    def identity(self) -> str:
        return f"{self.job_id}.page.{self.page_number}"


class PageLost(_Event):
    """A page failed for good."""

    event: Literal["page_failed"] = "page_failed"
    page_number: int
    done: int
    total: int
    error: str
    worker: str | None = None
    attempts: int = 1

    def identity(self) -> str:
        return f"{self.job_id}.page.{self.page_number}"


class JobFinished(_Event):
    """The job ended; its summary is on `ocr.done.<job_id>`."""

    event: Literal["finished"] = "finished"
    status: Status

    def identity(self) -> str:
        return f"{self.job_id}.finished"


class SubmissionRefused(_Event):
    """A submission under the id of another document's job; that job is not concerned."""

    event: Literal["refused"] = "refused"
    error: str


JobEvent = Annotated[
    JobAccepted | PageDone | PageLost | JobFinished | SubmissionRefused,
    Field(discriminator="event"),
]
job_event: TypeAdapter[JobEvent] = TypeAdapter(JobEvent)
