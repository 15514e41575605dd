"""Progress of a job as published, in JSON, on `ocr.events.<job_id>`."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from contracts.jobs import Status


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    job_id: str


class JobAccepted(_Event):
    """The document was opened; its pages are on their way."""

    event: Literal["accepted"] = "accepted"
    total_pages: int


class PageDone(_Event):
    """A page was read: `done` of `total` pages have ended, failed ones included."""

    event: Literal["page_done"] = "page_done"
    page_number: int
    done: int
    total: int


class PageLost(_Event):
    """A page failed for good."""

    event: Literal["page_failed"] = "page_failed"
    page_number: int
    done: int
    total: int
    error: str


class JobFinished(_Event):
    """The job ended; its summary is on `ocr.done.<job_id>`."""

    event: Literal["finished"] = "finished"
    status: Status


class SubmissionRefused(_Event):
    """A submission under the id of another document's job; that job is not concerned."""

    event: Literal["refused"] = "refused"
    error: str


JobEvent = Annotated[
    JobAccepted | PageDone | PageLost | JobFinished | SubmissionRefused,
    Field(discriminator="event"),
]
job_event: TypeAdapter[JobEvent] = TypeAdapter(JobEvent)
