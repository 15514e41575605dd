"""Pull requests that the server may still answer: one to each consumer, never more."""

from dataclasses import dataclass


@dataclass(kw_only=True, slots=True)
class _Request:
    consumer: str
    may_bring: int  # messages


class OpenRequests:
    """By token: the last one of the subject for a request's answers."""

    def __init__(self) -> None:
        self._requests: dict[str, _Request] = {}

    def begin(self, token: str, consumer: str, *, may_bring: int) -> None:
        """A request for so many messages."""
        self._requests[token] = _Request(consumer=consumer, may_bring=may_bring)

    def brought_one(self, consumer: str) -> None:
        """A message keeps the subject that it was published to, so its request is the one that is
        open to its consumer."""
        for token, request in self._requests.items():
            if request.consumer == consumer:
                request.may_bring -= 1
                if request.may_bring <= 0:
                    del self._requests[token]
                return

    def end(self, token: str) -> None:
        """The server has given its last answer to a request."""
        self._requests.pop(token, None)

    def clear(self) -> None:
        """Nothing will be answered any more."""
        self._requests.clear()

    def consumers(self) -> set[str]:
        """Those that have a request open."""
        return {request.consumer for request in self._requests.values()}

    def __contains__(self, token: str) -> bool:
        return token in self._requests

    def __bool__(self) -> bool:
        return bool(self._requests)
