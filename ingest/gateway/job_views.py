"""Jobs as HTTP clients see them: a state, and where to go from there."""

from typing import Self

from pydantic import BaseModel, Field

from contracts.job_state import JobState


class Links(BaseModel):
    """Addresses of what belongs to a job, relative to the gateway."""

    self: str = Field(examples=["/jobs/0199c2d1"])
    events: str
    result: str
    text: str
    markdown: str
    cancel: str = Field(description="send DELETE")


def links_of(job_id: str) -> Links:
    base = f"/jobs/{job_id}"
    return Links(
        self=base,
        events=f"{base}/events",
        result=f"{base}/result",
        text=f"{base}/text",
        markdown=f"{base}/markdown",
        cancel=base,
    )


class AcceptedJob(BaseModel):
    """A job that was accepted durably. `known`: the same document came under this id before."""

    job_id: str
    state: str = Field(examples=["queued"])
    known: bool = False
    links: Links


class JobView(JobState):
    """A job, with links."""

    links: Links

    @classmethod
    def of(cls, state: JobState) -> Self:
        return cls(**state.model_dump(), links=links_of(state.job_id))


class JobViews(BaseModel):
    """Some jobs. `cursor`: asks for those that follow; null at the end."""

    jobs: list[JobView]
    cursor: str | None = None
