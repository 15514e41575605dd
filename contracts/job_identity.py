"""Which job a submission is: the same at every delivery, and for every submission under one key."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from contracts.errors import InvalidOption
from contracts.ids import checked_token
from contracts.option_headers import HEADER_JOB_ID, about_header, with_known_names

HEADER_MESSAGE_ID: Final = "Nats-Msg-Id"


def job_id_of(
    headers: Mapping[str, str], *, stored_at: datetime, stream_sequence: int
) -> tuple[str, InvalidOption | None]:
    """The job's id, and what is wrong with the one that was asked for.

    Without one, or with one of no use, a Nats-Msg-Id stands for it; without that, the place in the
    stream: milliseconds, then the sequence.
    """
    key = headers.get(HEADER_MESSAGE_ID)
    own = (
        job_id_for_key(key)
        if key is not None
        else f"{int(stored_at.timestamp() * 1000):012x}{stream_sequence:020x}"
    )
    asked_for = with_known_names(headers).get(HEADER_JOB_ID)
    if asked_for is None:
        return own, None
    try:
        return checked_job_id(asked_for), None
    except InvalidOption as wrong:
        return own, wrong


def checked_job_id(asked_for: str) -> str:
    """A job id as it was asked for in a header. Raises: InvalidOption, naming the header."""
    with about_header(HEADER_JOB_ID):
        return checked_token(asked_for, what="job id")


def job_id_for_key(key: str) -> str:
    """The job id that an idempotency key of any form stands for."""
    return "k" + hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:39]
