"""Jobs as HTTP clients see them: a state, and where to go from there."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from contracts.job_state import JobState
from contracts.output_formats import OUTPUT_FORMATS


class Links(BaseModel):
    """Addresses of what belongs to a job, relative to the gateway; of formats that are made when
    they are asked for, too."""

    # A field cannot be called json: models have a method of that name.
    model_config = ConfigDict(serialize_by_alias=True)

    self: str = Field(examples=["/jobs/0199c2d1"])
    events: str
    result: str
    text: str
    markdown: str
    json_: str = Field(alias="json")
    jsonl: str
    pdf: str
    hocr: str
    alto: str
    tsv: str
    page: str
    cancel: str = Field(description="send DELETE")


def links_of(job_id: str) -> Links:
    base = f"/jobs/{job_id}"
    outputs = {name: f"{base}/{name}" for name in ("events", "result", *OUTPUT_FORMATS)}
    return Links.model_validate({"self": base, "cancel": base, **outputs})


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
