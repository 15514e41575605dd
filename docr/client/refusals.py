"""What a gateway refuses, in the types and sentences that the broker's way has."""

import json
from typing import Any, Final

import httpx

from broker.object_reading import ObjectMissing
from contracts import errors
from contracts.errors import OcrError

# By status, where the problem's type does not name one of ours.
_BY_STATUS: Final[dict[int, type[OcrError]]] = {
    400: errors.InvalidOption,
    404: errors.JobUnknown,
    409: errors.JobStateConflict,
    410: ObjectMissing,
    411: errors.DocumentRejected,
    413: errors.DocumentRejected,
    415: errors.DocumentRejected,
    422: errors.InvalidOption,
    429: errors.TransientError,
    502: errors.BrokerUnavailable,
    503: errors.BrokerUnavailable,
    504: errors.BrokerUnavailable,
    507: errors.StoreFull,
}
_SENTENCES: Final = {
    401: "the gateway knows no such API key; give one with --api-key, or set OCR_API_KEY",
    403: "this API key may not do that; ask for one that may, or look at your own jobs only",
    404: "the gateway knows nothing of that; check the job id and the gateway's address",
    429: "too many requests for this API key; try again in a minute",
}


def _by_name() -> dict[str, type[OcrError]]:
    found = {
        each.__name__: each
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, OcrError)
    }
    return {**found, "ObjectMissing": ObjectMissing}


def _plain(name: str) -> str:
    return name.replace("-", "").replace("_", "").lower()


_BY_TYPE: Final = {_plain(name): kind for name, kind in _by_name().items()}


def refusal(response: httpx.Response, *, submitting: bool = False) -> OcrError:
    """The error of an answer whose body has been read. `submitting`: it answers POST /jobs."""
    problem = _problem_of(response)
    kind = _BY_TYPE.get(_plain(str(problem.get("type", "")).rstrip("/").rpartition("/")[2]))
    kind = kind or _BY_TYPE.get(_plain(str(problem.get("type", "")).rpartition(":")[2]))
    if kind is None:
        kind = _BY_STATUS.get(response.status_code, errors.PermanentError)
        if submitting and kind is errors.JobStateConflict:
            kind = errors.JobIdTaken
    detail = problem.get("detail")
    # A gateway answers 503 for both; who waits for room must not give up after a moment.
    if kind is errors.BrokerUnavailable and "no room" in str(detail):
        kind = errors.StoreFull
    # Its own sentence speaks of HTTP headers.
    if response.status_code == 401:
        detail = None
    if isinstance(detail, str) and detail:
        return kind(detail)
    sentence = _SENTENCES.get(response.status_code)
    return kind(
        sentence
        or f"the gateway answered {response.status_code} {response.reason_phrase}; check its log"
    )


def _problem_of(response: httpx.Response) -> dict[str, Any]:
    try:
        found = json.loads(response.content)
    except ValueError:  # of a proxy before the gateway
        return {}
    return found if isinstance(found, dict) else {}
