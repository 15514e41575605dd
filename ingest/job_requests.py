"""What users send to the micro service `ocr-jobs`, read and checked."""

import json
from collections.abc import Mapping
from typing import Any, Final, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from contracts.errors import InvalidOption
from contracts.ids import checked_token, new_job_id
from contracts.job_identity import HEADER_MESSAGE_ID, checked_job_id, job_id_for_key
from contracts.job_state import State
from contracts.option_headers import HEADER_JOB_ID

# Far more than a request needs; what is longer is a document, sent to the wrong subject.
_MAX_REQUEST_BYTES: Final = 4096
_STATES: Final = tuple(name for kind in get_args(State) for name in (get_args(kind) or (kind,)))


class ListRequest(BaseModel):
    """Which jobs to list, and how many."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    limit: int = 50
    cursor: str | None = None
    state: str | None = None
    tenant: str | None = None


def new_job_id_of(headers: Mapping[str, str]) -> str:
    """The id that a submission asks for, or that its Nats-Msg-Id stands for, or a new one.

    `headers` under their known names. Raises: InvalidOption, naming the header.
    """
    if (asked_for := headers.get(HEADER_JOB_ID)) is not None:
        return checked_job_id(asked_for)
    if (key := headers.get(HEADER_MESSAGE_ID)) is not None:
        return job_id_for_key(key)
    return new_job_id()


def asked_job_id(body: bytes) -> str:
    """The job id of a request: as it is, or in JSON. Raises: InvalidOption."""
    text = _text(body, hint='send a job id, or {"job_id": ...}').strip()
    given: Any = text
    if text.startswith(("{", '"')):
        given = _json(text, hint='send a job id, or {"job_id": ...}')
        if isinstance(given, dict):
            given = given.get("job_id")
    if not isinstance(given, str) or not given:
        raise InvalidOption('the request names no job; send a job id, or {"job_id": ...}')
    return checked_token(given, what="job id")


def list_request(body: bytes) -> ListRequest:
    """What to list; without a body, the latest jobs. Raises: InvalidOption."""
    hint = 'send nothing, or JSON like {"limit": 50, "state": "running"}'
    text = _text(body, hint=hint).strip()
    if not text:
        return ListRequest()
    try:
        asked = ListRequest.model_validate(_json(text, hint=hint))
    except ValidationError as wrong:
        first = wrong.errors()[0]
        field = str(first["loc"][0])[:80] if first["loc"] else "the whole"
        raise InvalidOption(
            f"the request cannot be used: {field}: {first['msg']}; take limit (a number), cursor, "
            "state and tenant (texts)"
        ) from None
    if asked.state is not None and asked.state not in _STATES:
        raise InvalidOption(f"state {asked.state[:80]!r} is none of: {', '.join(_STATES)}")
    return asked


def _text(body: bytes, *, hint: str) -> str:
    if len(body) > _MAX_REQUEST_BYTES:
        raise InvalidOption(f"the request has {len(body)} bytes, which is too much; {hint}")
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise InvalidOption(f"the request is not text; {hint}") from None


def _json(text: str, *, hint: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidOption(f"the request cannot be read as JSON; {hint}") from None
