"""Which job a submission is: the same at every delivery, and for every submission under one key."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from contracts.errors import InvalidOption
from contracts.ids import checked_token
from contracts.job_options import HEADER_JOB_ID

HEADER_MESSAGE_ID: Final = "Nats-Msg-Id"


def job_id_of(
    headers: Mapping[str, str], *, stored_at: datetime, stream_sequence: int
) -> tuple[str, InvalidOption | None]:
    """The job's id, and what is wrong with the one that was asked for.

    Without one, a Nats-Msg-Id stands for it; without that, the place in the stream: milliseconds,
    then the sequence.
    """
    own = f"{int(stored_at.timestamp() * 1000):012x}{stream_sequence:020x}"
    if (asked_for := headers.get(HEADER_JOB_ID)) is not None:
        try:
            return checked_token(asked_for, what="the job id of header Ocr-Job-Id"), None
        except InvalidOption as wrong:
            return own, wrong
    if (key := headers.get(HEADER_MESSAGE_ID)) is not None:
        return job_id_for_key(key), None
    return own, None


def job_id_for_key(key: str) -> str:
    """The job id that an idempotency key of any form stands for."""
    return "k" + hashlib.sha256(key.encode()).hexdigest()[:39]
