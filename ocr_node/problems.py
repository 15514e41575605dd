"""What goes wrong at a node's door, as RFC 9457 problem documents."""

from http import HTTPStatus
from typing import Final

from fastapi.responses import JSONResponse

from contracts.errors import (
    ChildTimedOut,
    EngineUnavailable,
    InvalidOption,
    LanguageUnavailable,
    OcrError,
    PermanentError,
)

_TYPE: Final = "application/problem+json"
_AGAIN: Final = "send the page again, or to another node, and see this node's log"


class Problem(Exception):
    """A request that gets no page. `detail`: what is wrong, and what to do."""

    def __init__(self, status: HTTPStatus, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def response(problem: Problem) -> JSONResponse:
    """The problem as it is answered."""
    return JSONResponse(
        {
            "type": "about:blank",
            "title": problem.status.phrase,
            "status": problem.status.value,
            "detail": problem.detail,
        },
        status_code=problem.status,
        headers=problem.headers,
        media_type=_TYPE,
    )


def as_problem(wrong: OcrError) -> Problem:
    """An error of ours: the request's own fault, or one that trying again may help."""
    match wrong:
        case LanguageUnavailable():
            return Problem(HTTPStatus.CONFLICT, str(wrong))
        case InvalidOption():
            return Problem(HTTPStatus.BAD_REQUEST, str(wrong))
        case EngineUnavailable():
            return Problem(HTTPStatus.SERVICE_UNAVAILABLE, str(wrong), Retry_After="30")
        case PermanentError():
            return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(wrong))
        case ChildTimedOut():
            return Problem(
                HTTPStatus.GATEWAY_TIMEOUT,
                f"{wrong}; {_AGAIN}, send a smaller image, or raise WORKER_REQUEST_TIMEOUT",
            )
        case _:
            return Problem(HTTPStatus.SERVICE_UNAVAILABLE, f"{wrong}; {_AGAIN}", Retry_After="1")
