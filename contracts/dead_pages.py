"""A page that was given up, as it is kept for people."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainSerializer

from contracts.jobs import as_utc, rfc3339
from contracts.pages import PageTask

# As text on the wire: msgpack has no times.
WireTime = Annotated[datetime, AfterValidator(as_utc), PlainSerializer(rfc3339)]


class DeadPageRecord(BaseModel):
    """Why a page was given up. `task` holds its image; None if the message was undecodable, or
    its image gone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    job_id: str
    page_index: int  # from 0, in the document
    reason: str
    attempts: int
    worker: str | None
    died_at: WireTime
    task: PageTask | None
